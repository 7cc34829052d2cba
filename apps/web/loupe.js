// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One photograph under the loupe, and from it to the next.

import { closable, toggle } from './dialogs.js';
import { Print } from './print.js';
import { spokenScore } from './score.js';

export class Loupe {
  #dialog;
  #gallery;
  #print;
  #what;
  #pick;

  /** `act` has pick(photo), drop(photo), isPicked(photo) and explain(photo, signal). */
  constructor(dialog, template, gallery, act) {
    this.#dialog = dialog;
    this.#gallery = gallery;
    this.#print = new Print(template, act.explain);
    this.#find('.prints').append(this.#print.element);
    this.#what = toggle(this.#find('.what'), () => this.#mattered());
    this.#pick = toggle(this.#find('.pick'), () => act.pick(this.#print.photo));
    this.#find('.back').addEventListener('click', () => this.#step(-1));
    this.#find('.on').addEventListener('click', () => this.#step(1));
    this.#find('.drop').addEventListener('click', () => this.#drop(act));
    this.isPicked = act.isPicked;
    dialog.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowLeft') this.#step(-1);
      if (event.key === 'ArrowRight') this.#step(1);
      if (event.key === 'Delete' || event.key === 'Backspace') this.#drop(act);
    });
    closable(dialog, () => {
      const { photo } = this.#print;
      this.#print.clear();
      this.#gallery.focus(photo);
    });
  }

  open(photo) {
    this.#what.set(false);
    this.#dialog.showModal();
    this.#show(photo);
    this.#find('h2').focus();
  }

  #show(photo) {
    this.#print.show(photo);
    this.#find('h2').textContent = photo.shortName;
    this.#pick.set(this.isPicked(photo));
    // Not disabled: a button that is, loses the focus that pressed it.
    this.#find('.back').setAttribute('aria-disabled', String(!this.#gallery.neighbour(photo, -1)));
    this.#find('.on').setAttribute('aria-disabled', String(!this.#gallery.neighbour(photo, 1)));
    this.#find('.what').hidden = photo.score === null;
    this.#find('.prints').setAttribute('aria-label', photo.score === null ? 'not judged yet' : spokenScore(photo));
    this.#mattered();
  }

  #mattered() {
    if (this.#what.isOn() && this.#print.photo.score !== null) this.#print.showMattered();
    else this.#print.hideMattered();
  }

  #step(by) {
    const next = this.#gallery.neighbour(this.#print.photo, by);
    if (next) this.#show(next);
  }

  #drop(act) {
    const { photo } = this.#print;
    const next = this.#gallery.neighbour(photo, 1) ?? this.#gallery.neighbour(photo, -1);
    act.drop(photo);
    if (next) this.#show(next);
    else this.#dialog.close();
  }

  #find(selector) {
    return this.#dialog.querySelector(selector);
  }
}
