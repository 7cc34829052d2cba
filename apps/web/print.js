// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A large print of one photograph, with its score and, when asked for, what mattered in it.

import { countDown } from './countdown.js';
import { draw, matters, sentence } from './explain.js';
import { meaning, showScore } from './score.js';

export class Print {
  #explain;
  #decimals;
  #photo = null;
  #url = null;
  #asking = null; // AbortController of the question under way
  #endWait = () => {};

  /**
   * `explain(photo, signal, waiting)` resolves to what /v1/explain answers; it calls waiting(seconds, reason) when it
   * must wait. `decimals` is how precisely the score is told.
   */
  constructor(template, explain, decimals) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#explain = explain;
    this.#decimals = decimals;
    this.#find('img').addEventListener('error', () => this.#showsThumbnail());
  }

  get photo() {
    return this.#photo;
  }

  show(photo) {
    this.clear();
    this.#photo = photo;
    this.#url = URL.createObjectURL(photo.file);
    this.#find('.unshown').hidden = true;
    const image = this.#find('img');
    image.hidden = false;
    image.alt = photo.shortName;
    image.src = this.#url;
    this.#find('.name').textContent = photo.name;
    this.update();
  }

  /** What is known of the photograph may have become more. */
  update() {
    showScore(this.element, this.#photo, this.#decimals);
    this.#find('.rank').textContent = this.#photo.score === null ? 'not judged yet' : meaning(this.#photo);
  }

  /** Gives the photograph's memory back. */
  clear() {
    this.hideMattered();
    this.#find('img').removeAttribute('src');
    if (this.#url !== null) URL.revokeObjectURL(this.#url);
    this.#url = null;
    this.#photo = null;
  }

  async showMattered() {
    const photo = this.#photo;
    this.hideMattered();
    const control = (this.#asking = new AbortController());
    this.#find('.mattered').hidden = false;
    this.#find('.legend').hidden = true;
    const say = (text) => (this.#find('.sentence').textContent = text);
    const begin = () => say('Covering one part after another…');
    begin();
    try {
      photo.explanation ??= await this.#explain(photo, control.signal, (seconds, reason) => {
        if (control.signal.aborted) return;
        this.#endWait();
        this.#endWait = countDown(seconds, (left) => (left > 0 ? say(`Waiting: ${reason}, on in ${left} s.`) : begin()));
      });
      if (this.#asking === control) this.#showExplanation(photo.explanation);
    } catch (error) {
      if (control.signal.aborted) return;
      this.#endWait();
      say([error.message, error.detail].filter(Boolean).join(' '));
    }
  }

  hideMattered() {
    this.#asking?.abort();
    this.#endWait();
    this.#asking = null;
    this.#find('.mattered').hidden = true;
    this.#find('canvas').hidden = true;
    this.element.classList.remove('explained');
  }

  #showExplanation(explanation) {
    this.#endWait();
    const text = sentence(explanation);
    const canvas = this.#find('canvas');
    draw(canvas, explanation);
    canvas.setAttribute('aria-label', text);
    canvas.hidden = false;
    this.#find('.sentence').textContent = text;
    this.#find('.legend').hidden = !matters(explanation);
    this.element.classList.toggle('explained', matters(explanation));
  }

  /** A file that only the worker could decode has a thumbnail at least. */
  #showsThumbnail() {
    const image = this.#find('img');
    const thumbnail = this.#photo?.thumbnail ?? null;
    if (thumbnail !== null && image.src !== thumbnail) image.src = thumbnail;
    else {
      image.hidden = true;
      this.#find('.unshown').hidden = this.#photo === null;
    }
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}
