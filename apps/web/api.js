// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The server, as the page sees it: asks, and waits where it is told to.

import { broken, Refusal, refusal, silent, unreachable } from './refusal.js';
import { askForToken, authorization } from './token.js';

const reconnects = 3; // tries after the server was not there, by whichever request
const breaks = 6; // tries of one request whose connection breaks, while others are answered
const longestWait = 60; // seconds
const grace = 30_000; // milliseconds beyond the server's own deadline: it answers in time, or never

/** How often a request is made that the server is too busy for: a queue can wait, a person who looks on cannot. */
const patience = { score: 20, explain: 3 };

let mostBytes = Infinity; // of a photograph, as the server says
let deadline = 60_000; // milliseconds that the server gives itself, until it says

/** One gate for all requests: when the server asks one to wait, it means the page. */
const gate = {
  openAt: 0, // milliseconds, as Date.now() counts
  reason: '',
  lost: 0, // times in a row that the server was not there
};

function holdBack(seconds, reason) {
  gate.openAt = Math.max(gate.openAt, Date.now() + seconds * 1000);
  gate.reason = reason;
}

/** `began` is when the request did that found no server. Those that were under way together are lost together: once. */
function holdBackLost(began) {
  if (began < gate.openAt) return;
  if (gate.lost >= reconnects) {
    gate.lost = 0;
    throw new Refusal(unreachable, { concernsAll: true });
  }
  holdBack(2 ** gate.lost++, 'the server cannot be reached');
}

function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', abort, { once: true });
  });
}

async function pass(signal, waiting) {
  signal.throwIfAborted();
  while (Date.now() < gate.openAt) {
    const milliseconds = gate.openAt - Date.now();
    waiting(Math.ceil(milliseconds / 1000), gate.reason);
    // A little disorder, so that those who waited together do not all come at once.
    await sleep(milliseconds + Math.random() * 250, signal);
  }
}

/** Seconds that the server asks for, in either form of the header; else twice as long at each try. */
function secondsToWait(response, attempt) {
  const header = response.headers.get('Retry-After');
  let asked = header === null ? NaN : Number(header);
  if (header !== null && Number.isNaN(asked)) asked = (Date.parse(header) - Date.now()) / 1000;
  return Math.min(longestWait, Math.max(0.1, Number.isNaN(asked) ? 2 ** attempt : asked));
}

/** A file that is gone looks to fetch like a server that is. */
async function checkReadable(blob) {
  try {
    await blob.slice(0, 1).arrayBuffer();
  } catch {
    throw new Refusal('The file can no longer be read. Was it moved or changed?');
  }
}

/** One try: {response, answer}, the answer null where it is no JSON; null if there is no connection to the server. */
async function attempt(path, blob, headers, signal) {
  const patient = AbortSignal.any([signal, AbortSignal.timeout(deadline + grace)]);
  try {
    const response = await fetch(path, { method: 'POST', body: blob, headers, signal: patient });
    const text = await response.text();
    return { response, answer: parsed(text) };
  } catch (error) {
    if (signal.aborted) throw error;
    if (patient.aborted) throw new Refusal(silent, { concernsAll: true });
    await checkReadable(blob);
    return null;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A proxy whose server is gone says so with a page of its own. */
function fromProxy({ response, answer }) {
  return response.status === 502 || (response.status === 504 && answer === null) || (response.ok && answer === null);
}

async function post(path, blob, signal, patience, waiting) {
  // Not sent only to be cut off: the browser would tell that from a server that is gone by nothing.
  if (blob.size > mostBytes) {
    throw new Refusal(refusal(413).message, { detail: `It takes ${Math.floor(mostBytes / 2 ** 20)} MiB.` });
  }
  for (let busy = 0, lost = 0; ; ) {
    await pass(signal, waiting);
    const known = authorization();
    const headers = new Headers({ 'Content-Type': blob.type || 'application/octet-stream', ...known });
    const began = Date.now();
    const told = await attempt(path, blob, headers, signal);
    if (told === null || fromProxy(told)) {
      if (lost++ >= breaks) throw new Refusal(broken);
      holdBackLost(began);
      continue;
    }
    gate.lost = 0;
    const { response, answer } = told;
    if (response.ok) return answer;
    if (response.status === 401 && (await askForToken(known))) continue;
    const isBusy = response.status === 429 || response.status === 503;
    if (!isBusy || busy >= patience) throw refusal(response.status, answer?.error ?? '');
    holdBack(secondsToWait(response, busy++), 'the server is busy');
  }
}

/**
 * {score, percentile} of a photograph, the percentile null where unknown. Refusal; or the signal's reason.
 * `waiting(seconds, reason)` is called when it must wait.
 */
export async function score(blob, signal, waiting) {
  const { photos } = await post('v1/score', blob, signal, patience.score, waiting);
  const [photo] = photos ?? [];
  if (typeof photo?.score === 'number') return { score: photo.score, percentile: photo.percentile ?? null };
  throw refusal(photo?.status ?? 422, photo?.error ?? '');
}

/** {score, rows, columns, falls}: see explain.js. Refusal; or the signal's reason. `waiting` as above. */
export function explain(blob, signal, waiting) {
  return post('v1/explain', blob, signal, patience.explain, waiting);
}

/** What the server says of its model, its workers and its limits, or null: the page works without. */
export async function model() {
  try {
    const response = await fetch('v1/model', { headers: authorization() });
    if (!response.ok) return null;
    const facts = await response.json();
    mostBytes = facts.limits?.body_bytes ?? Infinity;
    deadline = facts.limits?.deadline_ms ?? deadline;
    return facts;
  } catch {
    return null;
  }
}
