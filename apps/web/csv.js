// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The scores as a file for spreadsheets.

/**
 * A text as one field after RFC 4180, always in quotes: some spreadsheets part fields at semicolons. What one would
 * run as a formula gets an apostrophe before it: a file may be named "=HYPERLINK(...)", and whoever sent it is not
 * always a friend.
 */
export function field(text) {
  const safe = /^\s*[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** name,score,percentile with every digit of the score; an unknown percentile is empty. */
export function csv(photos) {
  const lines = photos.map(({ name, score, percentile }) => `${field(name)},${score},${percentile ?? ''}`);
  return ['name,score,percentile', ...lines, ''].join('\r\n');
}

/** Lets the browser save the photographs' scores under a name. */
export function download(photos, name) {
  // The mark of order tells spreadsheets that this is UTF-8; names have umlauts.
  const blob = new Blob(['\ufeff', csv(photos)], { type: 'text/csv;charset=utf-8' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has taken the blob by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
