// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A large print of one photograph, with its score and, when asked for, what mattered in it.

import { draw, matters, sentence } from './explain.js';
import { percentileText, showScore } from './score.js';

export class Print {
  #explain;
  #photo = null;
  #url = null;
  #asking = null; // AbortController of the question under way

  /** `explain(photo, signal)` resolves to what /v1/explain answers. */
  constructor(template, explain) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#explain = explain;
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
    showScore(this.element, photo);
    this.#find('.rank').textContent = photo.score === null ? 'not judged yet' : percentileText(photo.percentile);
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
    this.#find('.sentence').textContent = 'Covering one part after another…';
    try {
      photo.explanation ??= await this.#explain(photo, control.signal);
      if (this.#asking === control) this.#showExplanation(photo.explanation);
    } catch (error) {
      if (control.signal.aborted) return;
      this.#find('.sentence').textContent = [error.message, error.detail].filter(Boolean).join(' ');
    }
  }

  hideMattered() {
    this.#asking?.abort();
    this.#asking = null;
    this.#find('.mattered').hidden = true;
    this.#find('canvas').hidden = true;
    this.element.classList.remove('explained');
  }

  #showExplanation(explanation) {
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
