// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What screen readers are told of things that happen elsewhere on the page.

let pending = 0;

/** While a dialog is open all else is silent: each has a region of its own. */
function region() {
  return [...document.querySelectorAll('dialog[open] .announcer')].at(-1) ?? document.getElementById('announcer');
}

/** Says a sentence once. Empties the region first, for a sentence said twice in a row is otherwise not heard. */
export function announce(text) {
  region().textContent = '';
  clearTimeout(pending);
  pending = setTimeout(() => (region().textContent = text), 100);
}
