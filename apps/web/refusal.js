// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The server's no, in words.

/**
 * `message` is for people; `detail` is the server's own line, perhaps empty; `concernsAll` says that any other
 * photograph would fare alike.
 */
export class Refusal extends Error {
  constructor(message, { detail = '', concernsAll = false } = {}) {
    super(message);
    this.detail = detail;
    this.concernsAll = concernsAll;
  }
}

export const unreachable = 'The server cannot be reached. Is it running?';
export const silent = 'The server does not answer.';
export const broken = 'The connection broke at this photograph, again and again.';

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

/** The refusal that an HTTP status means. */
export function refusal(status, detail = '') {
  const message = words[status] ?? `The server failed (${status}).`;
  return new Refusal(message, { detail, concernsAll: status === 401 || status === 403 });
}
