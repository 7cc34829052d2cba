// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One photograph under the loupe, and from it to the next.

import { announce } from './announce.js';
import { closable, toggle } from './dialogs.js';
import { keepingFocus } from './focus.js';
import { isPlain, removing } from './keys.js';
import { State } from './photos.js';
import { Print } from './print.js';
import { spoken } from './score.js';

export class Loupe {
  #dialog;
  #gallery;
  #act;
  #print;
  #what;
  #pick;

  /** `act` has pick(photo), drop(photo), isPicked(photo), rival(photo), compare(a, b) and explain(photo, signal). */
  constructor(dialog, template, gallery, act) {
    this.#dialog = dialog;
    this.#gallery = gallery;
    this.#act = act;
    this.#print = new Print(template, act.explain, 2);
    this.#find('.prints').append(this.#print.element);
    this.#what = toggle(this.#find('.what'), () => this.#mattered());
    this.#pick = toggle(this.#find('.pick'), () => {
      act.pick(this.#print.photo);
      this.#showRival();
    });
    this.#find('.versus').addEventListener('click', () => this.#compare());
    this.#find('.back').addEventListener('click', () => this.#step(-1));
    this.#find('.on').addEventListener('click', () => this.#step(1));
    this.#find('.drop').addEventListener('click', () => this.#drop());
    dialog.addEventListener('keydown', (event) => this.#pressed(event));
    closable(dialog, () => {
      const { photo } = this.#print;
      this.#print.clear();
      if (this.#gallery.has(photo)) this.#gallery.focus(photo);
      else this.#gallery.focusCurrent() || act.elsewhere();
    });
  }

  open(photo) {
    this.#what.set(false);
    this.#dialog.showModal();
    this.#show(photo);
    this.#find('h2').focus();
  }

  /** Something is new about a photograph, perhaps that of the loupe; and its neighbours may be others. */
  refresh(photo) {
    if (!this.#dialog.open) return;
    this.#showNeighbours();
    if (photo !== this.#print.photo) return;
    if (photo.state === State.failed) {
      this.#dialog.close();
      return;
    }
    this.#print.update();
    this.#find('.what').hidden = photo.score === null;
    if (this.#what.isOn()) this.#mattered();
    if (photo.score !== null) announce(`${photo.shortName}, ${spoken(photo)}`);
  }

  #show(photo) {
    this.#print.show(photo);
    this.#find('h2').textContent = photo.shortName;
    this.#pick.set(this.#act.isPicked(photo));
    this.#showNeighbours();
    keepingFocus(
      () => {
        this.#showRival();
        this.#find('.what').hidden = photo.score === null;
      },
      () => this.#find('h2').focus(),
    );
    this.#mattered();
  }

  #showNeighbours() {
    const { photo } = this.#print;
    // Not disabled: a button that is, loses the focus that pressed it.
    this.#find('.back').setAttribute('aria-disabled', String(!this.#gallery.neighbour(photo, -1)));
    this.#find('.on').setAttribute('aria-disabled', String(!this.#gallery.neighbour(photo, 1)));
  }

  /** With two chosen, this one and another, the way to their comparison is here. */
  #showRival() {
    const rival = this.#act.rival(this.#print.photo);
    this.#find('.versus').hidden = rival === null;
    this.#find('.versus').textContent = rival === null ? '' : `Compare with ${rival.shortName}`;
  }

  #compare() {
    const { photo } = this.#print;
    const rival = this.#act.rival(photo);
    this.#dialog.close();
    this.#act.compare(photo, rival);
  }

  #mattered() {
    if (this.#what.isOn() && this.#print.photo.score !== null) this.#print.showMattered();
    else this.#print.hideMattered();
  }

  #step(by) {
    const next = this.#gallery.neighbour(this.#print.photo, by);
    if (!next) return;
    this.#show(next);
    const { visible } = this.#gallery;
    announce(`${next.shortName}, ${spoken(next)}, ${visible.indexOf(next) + 1} of ${visible.length}`);
  }

  #drop() {
    const { photo } = this.#print;
    const next = this.#gallery.neighbour(photo, 1) ?? this.#gallery.neighbour(photo, -1);
    this.#act.drop(photo);
    if (next) this.#show(next);
    else this.#dialog.close();
  }

  #pressed(event) {
    if (!isPlain(event)) return;
    if (event.key === 'ArrowLeft') this.#step(-1);
    if (event.key === 'ArrowRight') this.#step(1);
    if (removing.has(event.key) && !event.repeat) this.#drop();
  }

  #find(selector) {
    return this.#dialog.querySelector(selector);
  }
}
