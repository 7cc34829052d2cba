// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Two photographs chosen from the gallery, and the dialog that shows them side by side.

import { closable, toggle } from './dialogs.js';
import { keepingFocus } from './focus.js';
import { State } from './photos.js';
import { Print } from './print.js';
import { rating } from './score.js';

/** The tray at the window's foot: which photographs are chosen, two at most. */
export class Choice {
  #tray;
  #mark;
  #chosen = [];

  /**
   * `mark(photo, chosen)` shows the choice elsewhere; `act` has compare(a, b), which opens the comparison, and
   * elsewhere(), which focuses something other than the tray.
   */
  constructor(tray, mark, act) {
    this.#tray = tray;
    this.#mark = mark;
    tray.querySelector('#compare').addEventListener('click', () => act.compare(...this.#chosen));
    tray.querySelector('#unchoose').addEventListener('click', () => {
      keepingFocus(() => this.clear(), act.elsewhere);
    });
  }

  has(photo) {
    return this.#chosen.includes(photo);
  }

  /** The other of the two where both are chosen and this is one of them; else null. */
  rival(photo) {
    if (this.#chosen.length < 2 || !this.has(photo)) return null;
    return this.#chosen.find((other) => other !== photo);
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
    this.#tray.querySelector('.chosen').textContent = names.join('  and  ');
    this.#tray.querySelector('.hint').textContent = names.length === 1 ? 'Choose one more.' : '';
    this.#tray.querySelector('#compare').hidden = names.length < 2;
  }
}

/** Of what is shown: two numbers that read alike must not be told apart here. */
function verdict(a, b) {
  if (a.score === null || b.score === null) return 'Side by side';
  const lead = Math.abs(rating(a) - rating(b));
  const decimals = a.percentile === null || b.percentile === null ? 1 : 0;
  const points = lead.toFixed(decimals);
  if (Number(points) === 0) return 'They stand level';
  return `${(rating(a) > rating(b) ? a : b).shortName} leads by ${points} point${points === '1' ? '' : 's'}`;
}

export class Comparison {
  #dialog;
  #prints;
  #what;

  /** `act` has drop(photo) and explain(photo, signal). */
  constructor(dialog, template, act) {
    this.#dialog = dialog;
    this.#prints = [0, 1].map(() => new Print(template, act.explain, 2));
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
    this.#showVerdict(a, b);
    [a, b].forEach((photo, i) => {
      this.#prints[i].show(photo);
      this.#prints[i].element.querySelector('.drop').setAttribute('aria-label', `Remove ${photo.shortName}`);
    });
    this.#dialog.showModal();
    this.#dialog.querySelector('h2').focus();
  }

  /** Something is new about a photograph, perhaps one of the two. */
  refresh(photo) {
    const print = this.#prints.find((print) => print.photo === photo);
    if (!this.#dialog.open || print === undefined) return;
    if (photo.state === State.failed) {
      this.#dialog.close();
      return;
    }
    print.update();
    this.#showVerdict(...this.#prints.map((print) => print.photo));
  }

  #showVerdict(a, b) {
    this.#dialog.querySelector('h2').textContent = verdict(a, b);
  }
}
