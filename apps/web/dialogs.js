// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the page's two large dialogs have in common.

/** Closes by its button and by a click beside it (Escape is the browser's); `closed` is called afterwards. */
export function closable(dialog, closed) {
  dialog.querySelector('.close').addEventListener('click', () => dialog.close());
  // The dialog itself is under the pointer only where its content is not: on the backdrop.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', closed);
}

/** A button that stays down. `turned(on)` is called when it is pressed; the result turns it without a call. */
export function toggle(button, turned) {
  const set = (on) => button.setAttribute('aria-pressed', String(on));
  const isOn = () => button.getAttribute('aria-pressed') === 'true';
  button.addEventListener('click', () => {
    set(!isOn());
    turned(isOn());
  });
  return { set, isOn };
}
