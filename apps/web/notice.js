// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The strip at the window's foot: a remark, and what was removed with the way back.

import { announce } from './announce.js';
import { keepingFocus } from './focus.js';
import { isUndo } from './keys.js';

export class Notice {
  #strip;
  #removals;

  /** `undo(all)` brings the last removal back, or all of them; `elsewhere()` focuses something other than this. */
  constructor(strip, removals, undo, elsewhere) {
    this.#strip = strip;
    this.#removals = removals;
    this.#find('#undo').addEventListener('click', () => undo(false));
    this.#find('#undo-all').addEventListener('click', () => undo(true));
    this.#find('.dismiss').addEventListener('click', () => keepingFocus(() => (strip.hidden = true), elsewhere));
    document.addEventListener('keydown', (event) => {
      if (!isUndo(event) || removals.steps === 0 || event.target.matches('[type=password]')) return;
      event.preventDefault();
      undo(false);
    });
  }

  /** Shows a remark instead of the last one, and tells nothing new if it is empty. */
  remark(text) {
    this.#find('.remark').textContent = text;
    this.#refresh(text);
  }

  /** Something was removed, or has come back. */
  removed() {
    this.#find('.remark').textContent = '';
    this.#refresh(this.#removals.text);
  }

  #refresh(news) {
    const { text, steps } = this.#removals;
    this.#find('.removed').textContent = text;
    this.#find('#undo').hidden = steps === 0;
    this.#find('#undo').textContent = steps > 1 ? 'Undo the last' : 'Undo';
    this.#find('#undo-all').hidden = steps < 2;
    this.#strip.hidden = steps === 0 && this.#find('.remark').textContent === '';
    if (news !== '') announce(news);
  }

  #find(selector) {
    return this.#strip.querySelector(selector);
  }
}
