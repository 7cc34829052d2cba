// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The keyboard's place on the page. An element that goes takes the focus with it, and whoever has no mouse is back at
// the very beginning.

function isLost(element) {
  return element === null || element === document.body || !element.isConnected || !element.checkVisibility();
}

/** Makes a change; if that takes away what has the focus, `elsewhere()` must put the focus where the work goes on. */
export function keepingFocus(change, elsewhere) {
  const before = document.activeElement;
  change();
  if (!isLost(before) || before === document.body || before === null) return;
  if (isLost(document.activeElement)) elsewhere();
}
