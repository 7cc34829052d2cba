// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The server, as the page sees it: asks, waits where it is told to, and puts failures into words.

import { askForToken, authorization } from './token.js';

/**
 * The server's no. `message` is for people; `detail` is the server's own line, perhaps empty; `concernsAll` says that
 * any other photograph would fare alike.
 */
export class Refusal extends Error {
  constructor(message, { detail = '', concernsAll = false } = {}) {
    super(message);
    this.detail = detail;
    this.concernsAll = concernsAll;
  }
}

const busy = new Set([429, 503]);
const patience = 20; // tries of a request that the server is too busy for
const reconnects = 3; // tries after a connection was lost
const longestWait = 60; // seconds

const unreachable = 'The server cannot be reached. Is it running?';
const words = {
  400: 'The server did not understand the request.',
  401: 'The server wants a token.',
  403: 'The server does not take requests from this page.',
  408: 'The upload took too long.',
  413: 'The file is too large for the server.',
  415: 'The server does not know files of this kind.',
  422: 'This is no photograph that the server can read.',
  429: 'The server was too busy, again and again.',
  503: 'The server was too busy, again and again.',
  504: 'The server did not get to it in time.',
};

/** One gate for all requests: when the server asks one to wait, it means the page. */
let openAt = 0; // milliseconds, as Date.now() counts
let mostBytes = Infinity; // of a photograph, as the server says
/** Called with the seconds of a wait that begins. */
export const waits = { begin: () => {} };

function holdBack(seconds) {
  openAt = Math.max(openAt, Date.now() + seconds * 1000);
  waits.begin(Math.ceil((openAt - Date.now()) / 1000));
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

async function gate(signal) {
  signal.throwIfAborted();
  // A little disorder, so that those who waited together do not all come at once.
  while (Date.now() < openAt) await sleep(openAt - Date.now() + Math.random() * 250, signal);
}

/** Seconds that the server asks for, in either form of the header; else twice as long at each try. */
function secondsToWait(response, attempt) {
  const header = response.headers.get('Retry-After');
  let asked = header === null ? NaN : Number(header);
  if (header !== null && Number.isNaN(asked)) asked = (Date.parse(header) - Date.now()) / 1000;
  return Math.min(longestWait, Math.max(0.1, Number.isNaN(asked) ? 2 ** attempt : asked));
}

async function refusal(response) {
  let detail = '';
  try {
    detail = (await response.json()).error ?? '';
  } catch {
    // Not our server's answer: a proxy's page, say. The status is all that it tells.
  }
  const message = words[response.status] ?? `The server failed (${response.status}).`;
  return new Refusal(message, { detail, concernsAll: response.status === 401 || response.status === 403 });
}

/** A file that is gone looks to fetch like a server that is. */
async function checkReadable(blob) {
  try {
    await blob.slice(0, 1).arrayBuffer();
  } catch {
    throw new Refusal('The file can no longer be read. Was it moved or changed?');
  }
}

async function post(path, blob, signal) {
  // Not sent only to be cut off: the browser would tell that from a server that is gone by nothing.
  if (blob.size > mostBytes) {
    throw new Refusal(words[413], { detail: `It takes ${Math.floor(mostBytes / 2 ** 20)} MiB.` });
  }
  for (let attempt = 0; ; ++attempt) {
    await gate(signal);
    const known = authorization();
    const headers = { 'Content-Type': blob.type || 'application/octet-stream', ...known };
    let response;
    try {
      response = await fetch(path, { method: 'POST', body: blob, headers, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      await checkReadable(blob);
      if (attempt >= reconnects) throw new Refusal(unreachable, { concernsAll: true });
      holdBack(2 ** attempt);
      continue;
    }
    if (response.ok) return response.json();
    if (response.status === 401 && (await askForToken(known))) continue;
    if (!busy.has(response.status) || attempt >= patience) throw await refusal(response);
    holdBack(secondsToWait(response, attempt));
  }
}

/** {score, percentile} of a photograph, the percentile null where unknown. Refusal; or the signal's reason. */
export async function score(blob, signal) {
  const { photos } = await post('v1/score', blob, signal);
  const [photo] = photos ?? [];
  if (typeof photo?.score === 'number') return { score: photo.score, percentile: photo.percentile ?? null };
  throw new Refusal(words[photo?.status] ?? words[422], { detail: photo?.error });
}

/** {score, rows, columns, falls}: see explain.js. Refusal; or the signal's reason. */
export function explain(blob, signal) {
  return post('v1/explain', blob, signal);
}

/** What the server says of its model, its workers and its limits, or null: the page works without. */
export async function model() {
  try {
    const response = await fetch('v1/model', { headers: authorization() });
    if (!response.ok) return null;
    const facts = await response.json();
    mostBytes = facts.limits?.body_bytes ?? Infinity;
    return facts;
  } catch {
    return null;
  }
}
