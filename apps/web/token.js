// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The token that a server open to the network may want. Kept for this tab alone, never in a cookie.

const dialog = document.getElementById('token');
const input = document.getElementById('token-text');
const slot = 'emulsion-token';
let asking = null;

export function authorization() {
  const token = sessionStorage.getItem(slot);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** Asks the person, once for all requests that were refused together. Resolves to false if there is none. */
export function askForToken() {
  asking ??= new Promise((resolve) => {
    sessionStorage.removeItem(slot);
    input.value = '';
    dialog.returnValue = '';
    dialog.addEventListener(
      'close',
      () => {
        const given = dialog.returnValue === 'give';
        if (given) sessionStorage.setItem(slot, input.value.trim());
        asking = null;
        resolve(given);
      },
      { once: true },
    );
    dialog.showModal();
  });
  return asking;
}
