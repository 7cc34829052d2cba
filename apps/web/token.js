// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The token that a server open to the network may want. Kept by the page while it is open, and nowhere else.

const dialog = document.getElementById('token');
const input = document.getElementById('token-text');
const wrong = document.getElementById('token-wrong');
let token = null;
let asking = null;

/** `taken()` is called when the person has given a token. */
export const tokens = { taken: () => {} };

export function authorization() {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/**
 * Asks the person, once for all requests that were refused together. `refused` is the authorization that such a
 * request had. Resolves to false if there is no token.
 */
export async function askForToken(refused) {
  // The refusal of a request that left before the token was known.
  if (asking === null && refused.Authorization !== authorization().Authorization) return true;
  asking ??= new Promise((resolve) => {
    const hadOne = token !== null;
    token = null;
    input.value = '';
    dialog.returnValue = '';
    dialog.addEventListener(
      'close',
      () => {
        const given = dialog.returnValue === 'give';
        if (given) token = input.value.trim();
        asking = null;
        resolve(given);
        if (given) tokens.taken();
      },
      { once: true },
    );
    dialog.showModal();
    // Only now, for an alert in a closed dialog is not heard.
    wrong.textContent = hadOne ? 'That token was not accepted.' : '';
  });
  return asking;
}
