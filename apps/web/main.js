// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photo critic: puts the parts together. Photographs come in (intake), are shrunk (shrink) and judged (api) by a
// queue, and stand in the gallery, or among the failures.

import { announce } from './announce.js';
import * as api from './api.js';
import { Choice, Comparison } from './compare.js';
import { download } from './csv.js';
import { Failures } from './failures.js';
import { keepingFocus } from './focus.js';
import { Gallery } from './gallery.js';
import * as intake from './intake.js';
import { Loupe } from './loupe.js';
import { Notice } from './notice.js';
import { Photos, State } from './photos.js';
import { Progress } from './progress.js';
import { Queue } from './queue.js';
import { Removals } from './removals.js';
import { spoken } from './score.js';
import { Shrinker } from './shrink.js';
import { tokens } from './token.js';

const uploads = 4; // at a time
const shrinkers = 2;
const leastSide = 1024; // pixels: enough for any net of its time, little enough for a phone's uplink

const element = (id) => document.getElementById(id);
const photos = new Photos();
const removals = new Removals();
const shrinker = new Shrinker(shrinkers);
let longest = leastSide;
let stopReason = '';
let unsaved = false; // are there scores that no CSV has?

// What the parts may ask for.
const act = {
  open: (photo) => loupe.open(photo),
  compare: (a, b) => comparison.open(a, b),
  pick: (photo) => choice.toggle(photo),
  isPicked: (photo) => choice.has(photo),
  rival: (photo) => choice.rival(photo),
  drop: (photo) => remove([photo]),
  retry,
  explain,
  elsewhere,
};
const gallery = new Gallery(element('gallery'), element('slide'), act);
const failures = new Failures(element('failures'), element('failure'), act);
const choice = new Choice(element('tray'), (photo, chosen) => gallery.mark(photo, chosen), act);
const loupe = new Loupe(element('loupe'), element('print'), gallery, act);
const comparison = new Comparison(element('pair'), element('print'), act);
const progress = new Progress(element('progress'), () => (queue.stopped ? goOn() : stop('')));
const undo = (all) => bringBack(all ? removals.popAll() : removals.pop());
const notice = new Notice(element('notice'), removals, undo, elsewhere);
const queue = new Queue(uploads, judge, refresh);

// -- Judging

/** Resolves to whether it went well. One that was broken off says nothing: another may be at the photograph by now. */
async function judge(photo, signal) {
  photo.state = State.working;
  try {
    const { upload, thumbnail } = await shrinker.shrink(photo.file, longest);
    signal.throwIfAborted();
    photo.showsThumbnail(thumbnail);
    if (thumbnail !== null) show(photo);
    refresh();
    const wait = (seconds, reason) => progress.showWait(seconds, reason, refresh);
    const answer = await api.score(upload, signal, wait);
    signal.throwIfAborted();
    Object.assign(photo, answer, { state: State.scored, error: null });
    unsaved = true;
    show(photo);
    return true;
  } catch (error) {
    if (!signal.aborted) failed(photo, error);
    return false;
  }
}

function show(photo) {
  gallery.show(photo);
  loupe.refresh(photo);
  comparison.refresh(photo);
}

function failed(photo, error) {
  // No use in trying the others if all of them would fail alike.
  if (error.concernsAll) return stop(error.message);
  photo.state = State.failed;
  photo.error = { why: error.message, detail: error.detail ?? '' };
  keepingFocus(() => {
    gallery.remove(photo);
    choice.remove(photo);
    failures.show(photo);
  }, elsewhere);
  loupe.refresh(photo);
  comparison.refresh(photo);
}

async function explain(photo, signal, waiting) {
  const { upload } = await shrinker.shrink(photo.file, longest);
  return api.explain(upload, signal, waiting);
}

function stop(reason) {
  stopReason = reason;
  for (const photo of queue.stop()) {
    photo.state = State.waiting;
    if (gallery.has(photo)) show(photo);
  }
  if (reason !== '') announce(`Stopped. ${reason}`);
}

function goOn() {
  stopReason = '';
  queue.goOn();
}

function retry(some) {
  keepingFocus(() => {
    for (const photo of some) {
      failures.remove(photo);
      photo.state = State.waiting;
    }
    goOn();
    queue.add(some);
  }, elsewhere);
}

// -- Coming and going

function receive(some, { others, unreadable }) {
  const fresh = photos.add(some);
  if (fresh.length > 0) removals.forget();
  const twice = some.length - fresh.length;
  const remarks = [];
  if (others > 0) remarks.push(`${counted(others, 'file')} left out: not photographs.`);
  if (unreadable > 0) remarks.push(`${counted(unreadable, 'file or folder', 'files or folders')} could not be read.`);
  if (twice > 0) remarks.push(`${counted(twice, 'photograph')} on the table already.`);
  if (some.length + others + unreadable === 0) remarks.push('No photographs in there.');
  if (fresh.length > 0) announce(`${counted(fresh.length, 'photograph')} to judge`);
  notice.remark(remarks.join(' '));
  goOn();
  queue.add(fresh);
}

function remove(some) {
  keepingFocus(() => {
    removals.push(some);
    queue.drop(some);
    for (const photo of some) {
      if (photo.state === State.working) photo.state = State.waiting;
      photos.remove(photo);
      choice.remove(photo);
      gallery.remove(photo);
      failures.remove(photo);
    }
    notice.removed();
    showCounts();
  }, elsewhere);
}

function bringBack(some) {
  keepingFocus(() => {
    const back = photos.add(some);
    for (const photo of back) {
      if (photo.state === State.failed) failures.show(photo);
      else if (photo.score !== null || photo.thumbnail !== null) show(photo);
    }
    notice.removed();
    queue.add(back.filter((photo) => photo.state === State.waiting));
    showCounts();
    if (back.length > 0) gallery.focus(back[0]);
  }, elsewhere);
}

// -- What the page says

const counted = (number, noun, nouns = `${noun}s`) => `${number} ${number === 1 ? noun : nouns}`;

/** Where the focus goes when its place is gone. */
function elsewhere() {
  if (gallery.focusCurrent()) return;
  element('undo').focus();
  if (document.activeElement !== element('undo')) element('table').focus();
}

let wasIdle = true;
let frame = 0;

/** Brings all counts up to date, once a frame however many photographs have come. */
function refresh() {
  if (frame === 0) frame = requestAnimationFrame(showCounts);
}

function showCounts() {
  cancelAnimationFrame(frame);
  frame = 0;
  document.documentElement.classList.toggle('laid', photos.size > 0);
  const scored = photos.in(State.scored);
  keepingFocus(() => {
    element('results').hidden = gallery.size === 0;
    showShown(scored);
    progress.show(queue, stopReason);
  }, elsewhere);
  if (photos.size === 0) unsaved = false;
  if (queue.idle && !wasIdle && queue.total > 0) sayResult(scored);
  wasIdle = queue.idle;
}

function showShown(scored) {
  const visible = gallery.visible.filter((photo) => photo.score !== null);
  const all = counted(scored.length, 'photograph');
  element('shown').textContent = visible.length === scored.length ? all : `${visible.length} of ${all}`;
  element('not-judged').hidden = failures.size === 0;
  element('not-judged').textContent = `${failures.size} not judged`;
  element('meaning').hidden = scored.every((photo) => photo.percentile === null);
  element('csv').disabled = visible.length === 0;
}

function sayResult(scored) {
  const [best] = scored.toSorted((a, b) => b.score - a.score);
  const parts = [`${counted(scored.length, 'photograph')} judged.`];
  if (best) parts.push(`The best is ${best.shortName}, ${spoken(best)}.`);
  if (failures.size > 0) parts.push(`${failures.size} could not be judged.`);
  progress.finished(parts.join(' '));
}

async function showModel() {
  const model = await api.model();
  if (model === null) return;
  if (model.width > 0) longest = Math.max(leastSide, 2 * Math.max(model.width, model.height));
  const devices = new Set((model.workers ?? []).map((worker) => worker.device));
  const on = devices.size > 0 ? `, on ${[...devices].join('; ')}` : '';
  element('judge').textContent = `Judged by ${model.name}, ${model.fingerprint.slice(0, 12)}${on}.`;
}

// -- Start

document.documentElement.classList.add('live');
intake.watch(element('intake'), receive, () => notice.remark('Reading the folder…'));
tokens.taken = showModel; // a server that wants a token tells nothing without
element('order').addEventListener('change', (event) => gallery.sort(event.target.value));
element('least').addEventListener('input', (event) => {
  element('least-text').textContent = event.target.value;
  gallery.filter(Number(event.target.value));
  refresh();
});
element('csv').addEventListener('click', () => {
  download(gallery.visible.filter((photo) => photo.score !== null), 'photo-critic.csv');
  unsaved = false;
});
element('clear').addEventListener('click', () => remove(photos.all()));
window.addEventListener('beforeunload', (event) => {
  if (!queue.idle || unsaved) event.preventDefault();
});
showModel();
