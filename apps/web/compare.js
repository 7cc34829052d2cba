// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Two photographs chosen from the gallery, and the dialog that shows them side by side.

import { closable, toggle } from './dialogs.js';
import { Print } from './print.js';

/** The tray at the window's foot: which photographs are chosen, two at most. */
export class Choice {
  #tray;
  #mark;
  #chosen = [];

  /** `mark(photo, chosen)` shows the choice elsewhere; `compare(a, b)` opens the comparison. */
  constructor(tray, mark, compare) {
    this.#tray = tray;
    this.#mark = mark;
    tray.querySelector('#compare').addEventListener('click', () => compare(...this.#chosen));
    tray.querySelector('#unchoose').addEventListener('click', () => this.clear());
  }

  has(photo) {
    return this.#chosen.includes(photo);
  }

  toggle(photo) {
    if (this.has(photo)) return this.remove(photo);
    // A third takes the place of the second: the first is the one that all are held against.
    if (this.#chosen.length === 2) this.#mark(this.#chosen.pop(), false);
    this.#chosen.push(photo);
    this.#mark(photo, true);
    this.#show();
  }

  remove(photo) {
    if (!this.has(photo)) return;
    this.#chosen = this.#chosen.filter((other) => other !== photo);
    this.#mark(photo, false);
    this.#show();
  }

  clear() {
    for (const photo of [...this.#chosen]) this.remove(photo);
  }

  #show() {
    const names = this.#chosen.map((photo) => photo.shortName);
    this.#tray.hidden = names.length === 0;
    document.documentElement.classList.toggle('choosing', names.length > 0);
    this.#tray.querySelector('.chosen').textContent = names.join('  and  ');
    this.#tray.querySelector('.hint').textContent = names.length === 1 ? 'Choose one more.' : '';
    this.#tray.querySelector('#compare').hidden = names.length < 2;
  }
}

function verdict(a, b) {
  if (a.score === null || b.score === null) return 'Side by side';
  const lead = Math.abs(a.score - b.score);
  if (lead < 0.05) return 'They score the same';
  return `${(a.score > b.score ? a : b).shortName} leads by ${lead.toFixed(1)} points`;
}

export class Comparison {
  #dialog;
  #prints;
  #what;

  /** `act` has drop(photo) and explain(photo, signal). */
  constructor(dialog, template, act) {
    this.#dialog = dialog;
    this.#prints = [new Print(template, act.explain), new Print(template, act.explain)];
    for (const print of this.#prints) {
      const drop = document.createElement('button');
      drop.type = 'button';
      drop.className = 'button small drop';
      drop.textContent = 'Remove this one';
      drop.addEventListener('click', () => {
        const { photo } = print;
        dialog.close();
        act.drop(photo);
      });
      print.element.append(drop);
    }
    dialog.querySelector('.prints').append(...this.#prints.map((print) => print.element));
    this.#what = toggle(dialog.querySelector('.what'), (on) => {
      for (const print of this.#prints) if (on) print.showMattered();
      else print.hideMattered();
    });
    closable(dialog, () => this.#prints.forEach((print) => print.clear()));
  }

  open(a, b) {
    this.#what.set(false);
    this.#dialog.querySelector('h2').textContent = verdict(a, b);
    [a, b].forEach((photo, i) => {
      this.#prints[i].show(photo);
      this.#prints[i].element.querySelector('.drop').setAttribute('aria-label', `Remove ${photo.shortName}`);
    });
    this.#dialog.showModal();
    this.#dialog.querySelector('h2').focus();
  }
}
