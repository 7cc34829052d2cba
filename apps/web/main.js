// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photo critic: puts the parts together. Photographs come in (intake), are shrunk (shrink) and judged (api) by a
// queue, and stand in the gallery, or among the failures.

import { announce } from './announce.js';
import * as api from './api.js';
import { Choice, Comparison } from './compare.js';
import { download } from './csv.js';
import { Failures } from './failures.js';
import { Gallery } from './gallery.js';
import * as intake from './intake.js';
import { Loupe } from './loupe.js';
import { Photos, State } from './photos.js';
import { Progress } from './progress.js';
import { Queue } from './queue.js';
import { scoreText } from './score.js';
import { Shrinker } from './shrink.js';

const uploads = 4; // at a time
const shrinkers = 2;
const leastSide = 1024; // pixels: enough for any net of its time, little enough for a phone's uplink

const element = (id) => document.getElementById(id);
const photos = new Photos();
const shrinker = new Shrinker(shrinkers);
let longest = leastSide;
let stopReason = '';

// What the parts may ask for.
const act = {
  open: (photo) => loupe.open(photo),
  compare: (a, b) => comparison.open(a, b),
  pick: (photo) => choice.toggle(photo),
  isPicked: (photo) => choice.has(photo),
  drop: (photo) => remove([photo]),
  retry,
  explain,
};
const gallery = new Gallery(element('gallery'), element('slide'), act);
const failures = new Failures(element('failures'), element('failure'), act);
const choice = new Choice(element('tray'), (photo, chosen) => gallery.mark(photo, chosen), act.compare);
const loupe = new Loupe(element('loupe'), element('print'), gallery, act);
const comparison = new Comparison(element('pair'), element('print'), act);
const progress = new Progress(element('progress'), () => (queue.stopped ? goOn() : stop('')));
const queue = new Queue(uploads, judge, refresh);

// -- Judging

async function judge(photo, signal) {
  photo.state = State.working;
  try {
    const { upload, thumbnail } = await shrinker.shrink(photo.file, longest);
    signal.throwIfAborted();
    photo.showsThumbnail(thumbnail);
    if (thumbnail !== null) gallery.show(photo);
    refresh();
    Object.assign(photo, await api.score(upload, signal), { state: State.scored, error: null });
    gallery.show(photo);
  } catch (error) {
    if (!signal.aborted) failed(photo, error);
    else photo.state = State.waiting;
  }
}

function failed(photo, error) {
  if (error.concernsAll) {
    // No use in trying the others: all of them would fail alike.
    photo.state = State.waiting;
    stop(error.message);
    return;
  }
  photo.state = State.failed;
  photo.error = { why: error.message, detail: error.detail ?? '' };
  gallery.remove(photo);
  choice.remove(photo);
  failures.show(photo);
}

async function explain(photo, signal) {
  const { upload } = await shrinker.shrink(photo.file, longest);
  return api.explain(upload, signal);
}

function stop(reason) {
  stopReason = reason;
  queue.stop();
}

function goOn() {
  stopReason = '';
  queue.goOn();
}

function retry(some) {
  for (const photo of some) {
    failures.remove(photo);
    photo.state = State.waiting;
  }
  goOn();
  queue.add(some);
}

// -- Coming and going

let removed = [];

function receive(some, others) {
  forgetRemoved();
  const fresh = photos.add(some);
  const twice = some.length - fresh.length;
  const remarks = [];
  if (others > 0) remarks.push(`${counted(others, 'file')} left out: not photographs.`);
  if (twice > 0) remarks.push(`${counted(twice, 'photograph')} on the table already.`);
  notice(remarks.join(' '));
  if (fresh.length > 0) announce(`${counted(fresh.length, 'photograph')} to judge`);
  goOn();
  queue.add(fresh);
}

function remove(some) {
  forgetRemoved();
  removed = some;
  queue.drop(some);
  for (const photo of some) {
    photos.remove(photo);
    choice.remove(photo);
    gallery.remove(photo);
    failures.remove(photo);
  }
  notice(some.length === 1 ? `${some[0].shortName} removed.` : `${counted(some.length, 'photograph')} removed.`, true);
  if (photos.size === 0) element('undo').focus(); // what had the focus is gone
  refresh();
}

function undo() {
  const back = photos.add(removed);
  removed = [];
  notice('');
  for (const photo of back) {
    if (photo.state === State.scored) gallery.show(photo);
    if (photo.state === State.failed) failures.show(photo);
  }
  queue.add(back.filter((photo) => photo.state === State.waiting || photo.state === State.working));
  if (back.length > 0) gallery.focus(back[0]);
}

/** What was removed can come back until something else happens. */
function forgetRemoved() {
  for (const photo of removed) photo.release();
  removed = [];
}

// -- What the page says

const counted = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;

function notice(text, undoable = false) {
  element('notice').hidden = text === '';
  element('notice').querySelector('span').textContent = text;
  element('undo').hidden = !undoable;
  if (text !== '') announce(text);
}

let wasIdle = true;
let frame = 0;

/** Brings all counts up to date, once a frame however many photographs have come. */
function refresh() {
  if (frame === 0) frame = requestAnimationFrame(showCounts);
}

function showCounts() {
  frame = 0;
  document.documentElement.classList.toggle('laid', photos.size > 0);
  element('results').hidden = gallery.size === 0;
  const visible = gallery.visible.filter((photo) => photo.score !== null);
  const scored = photos.in(State.scored).length;
  const all = counted(scored, 'photograph');
  element('shown').textContent = visible.length === scored ? all : `${visible.length} of ${all}`;
  element('csv').disabled = visible.length === 0;
  progress.show(queue, stopReason);
  if (queue.idle && !wasIdle) sayResult();
  wasIdle = queue.idle;
}

function sayResult() {
  const [best] = photos.in(State.scored).sort((a, b) => b.score - a.score);
  const parts = [`${counted(photos.in(State.scored).length, 'photograph')} judged.`];
  if (best) parts.push(`The best is ${best.shortName} with ${scoreText(best.score)} percent.`);
  if (failures.size > 0) parts.push(`${failures.size} could not be judged.`);
  progress.finished(parts.join(' '));
}

async function showModel() {
  const model = await api.model();
  if (model === null) return;
  if (model.width > 0) longest = Math.max(leastSide, 2 * Math.max(model.width, model.height));
  const devices = new Set((model.workers ?? []).map((worker) => worker.device));
  const on = devices.size > 0 ? `, on ${[...devices].join('; ')}` : '';
  element('model').append(` Judged by ${model.name}, ${model.fingerprint.slice(0, 12)}${on}.`);
}

// -- Start

document.documentElement.classList.add('live');
intake.watch(element('intake'), receive);
api.waits.begin = (seconds) => progress.showWait(seconds, refresh);
element('undo').addEventListener('click', undo);
element('order').addEventListener('change', (event) => gallery.sort(event.target.value));
element('least').addEventListener('input', (event) => {
  element('least-text').textContent = event.target.value;
  gallery.filter(Number(event.target.value));
  refresh();
});
element('csv').addEventListener('click', () => {
  download(gallery.visible.filter((photo) => photo.score !== null), 'photo-critic.csv');
});
element('clear').addEventListener('click', () => remove(photos.all()));
showModel();
