// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What screen readers are told of things that happen elsewhere on the page.

const region = document.getElementById('announcer');
let pending = 0;

/** Says a sentence once. Empties the region first, for a sentence said twice in a row is otherwise not heard. */
export function announce(text) {
  region.textContent = '';
  clearTimeout(pending);
  pending = setTimeout(() => (region.textContent = text), 100);
}
