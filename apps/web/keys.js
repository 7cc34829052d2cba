// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the page's keys have in common.

/** Backspace is the key that a Mac calls Delete. */
export const removing = new Set(['Delete', 'Backspace']);

/** With a modifier a key is the browser's: Alt and an arrow go back in its history. */
export function isPlain(event) {
  return !(event.ctrlKey || event.metaKey || event.altKey);
}

export function isUndo(event) {
  const modified = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  return modified && event.key.toLowerCase() === 'z';
}
