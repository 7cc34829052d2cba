// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The slides on the table, always in order. One slide is the current one: Tab reaches it alone, arrows move on.

import { isPlain, removing } from './keys.js';
import { orders, State } from './photos.js';
import { rating, showScore, spoken } from './score.js';

const states = { [State.waiting]: 'waiting', [State.working]: 'being judged' };

export class Gallery {
  #list;
  #template;
  #act;
  #slides = new Map(); // photo -> its element
  #photos = []; // as they stand
  #order = orders.score;
  #least = 0;
  #current = null;
  #visited = false; // has anyone been here with the focus? Until then the first slide is the current one.

  /** `act` has open(photo), pick(photo) and drop(photo). */
  constructor(list, template, act) {
    this.#list = list;
    this.#template = template;
    this.#act = act;
    // One listener for a thousand slides.
    list.addEventListener('click', (event) => this.#clicked(event));
    list.addEventListener('keydown', (event) => this.#pressed(event));
    list.addEventListener('focusin', (event) => {
      this.#visited = true;
      this.#makeCurrent(this.#photoOf(event.target));
    });
  }

  get size() {
    return this.#photos.length;
  }

  has(photo) {
    return this.#slides.has(photo);
  }

  /** Those that the filter lets through, as they stand. */
  get visible() {
    return this.#photos.filter((photo) => this.#passes(photo));
  }

  /** Puts a photograph on the table, or brings its slide up to date; in either case in its place. */
  show(photo) {
    const focused = this.#slides.get(photo)?.contains(document.activeElement) ? document.activeElement : null;
    if (this.has(photo)) this.#photos.splice(this.#photos.indexOf(photo), 1);
    else this.#slides.set(photo, this.#make(photo));
    const slide = this.#slides.get(photo);
    this.#fill(slide, photo);
    const at = this.#placeOf(photo);
    const next = this.#slides.get(this.#photos[at]) ?? null;
    this.#photos.splice(at, 0, photo);
    if (slide.nextSibling !== next || slide.parentNode === null) this.#list.insertBefore(slide, next);
    this.#checkCurrent();
    // An element that moves loses its focus, and so does one that the filter takes.
    if (focused !== null && slide.hidden) this.focusCurrent();
    else focused?.focus();
  }

  remove(photo) {
    const slide = this.#slides.get(photo);
    if (slide === undefined) return;
    const hadFocus = slide.contains(document.activeElement);
    const neighbour = this.neighbour(photo, 1) ?? this.neighbour(photo, -1);
    this.#photos.splice(this.#photos.indexOf(photo), 1);
    this.#slides.delete(photo);
    slide.remove();
    if (this.#current === photo) this.#current = neighbour ?? null;
    if (this.#current !== null) this.#reach(this.#current, 0);
    this.#checkCurrent();
    if (hadFocus && neighbour) this.focus(neighbour);
  }

  sort(order) {
    this.#order = orders[order];
    this.#photos.sort(this.#order);
    this.#list.append(...this.#photos.map((photo) => this.#slides.get(photo)));
    this.#checkCurrent();
  }

  filter(least) {
    this.#least = least;
    for (const [photo, slide] of this.#slides) slide.hidden = !this.#passes(photo);
    this.#checkCurrent();
  }

  mark(photo, chosen) {
    this.#slides.get(photo)?.querySelector('.pick').setAttribute('aria-pressed', String(chosen));
  }

  focus(photo) {
    this.#slides.get(photo)?.querySelector('.view').focus();
  }

  /** Focuses the current slide; says whether that could be done. */
  focusCurrent() {
    if (this.#current === null) return false;
    this.focus(this.#current);
    return this.#slides.get(this.#current).contains(document.activeElement);
  }

  /** The visible photograph `step` places on, or undefined. */
  neighbour(photo, step) {
    const visible = this.visible;
    return visible[visible.indexOf(photo) + step];
  }

  #passes(photo) {
    return photo.score === null ? this.#least === 0 : rating(photo) >= this.#least;
  }

  #placeOf(photo) {
    let low = 0;
    let high = this.#photos.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#order(this.#photos[middle], photo) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #make(photo) {
    const slide = this.#template.content.firstElementChild.cloneNode(true);
    slide.dataset.photo = photo.id;
    slide.querySelector('.name').textContent = photo.shortName;
    slide.querySelector('.name').title = photo.name;
    slide.querySelector('.pick').setAttribute('aria-label', `Choose ${photo.shortName} for comparison`);
    slide.querySelector('.drop').setAttribute('aria-label', `Remove ${photo.shortName}`);
    for (const button of slide.querySelectorAll('button')) button.tabIndex = -1;
    return slide;
  }

  #fill(slide, photo) {
    const image = slide.querySelector('img');
    if (photo.thumbnail !== null && image.src !== photo.thumbnail) image.src = photo.thumbnail;
    slide.classList.toggle('bare', photo.thumbnail === null);
    slide.classList.toggle('pending', photo.score === null);
    slide.hidden = !this.#passes(photo);
    showScore(slide, photo);
    slide.querySelector('.state').textContent = states[photo.state] ?? '';
    slide.querySelector('.view').setAttribute('aria-label', `${photo.shortName}, ${spoken(photo)}`);
  }

  #photoOf(element) {
    const id = Number(element.closest('.slide')?.dataset.photo);
    return this.#photos.find((photo) => photo.id === id) ?? null;
  }

  #makeCurrent(photo) {
    if (photo === this.#current) return;
    this.#reach(this.#current, -1);
    this.#reach(photo, 0);
    this.#current = photo;
  }

  /** Tab must always reach one slide, and one that is seen. */
  #checkCurrent() {
    const kept = this.#visited && this.#current !== null && this.#passes(this.#current);
    if (!kept) this.#makeCurrent(this.#photos.find((photo) => this.#passes(photo)) ?? null);
  }

  #reach(photo, tabIndex) {
    const buttons = this.#slides.get(photo)?.querySelectorAll('button') ?? [];
    for (const button of buttons) button.tabIndex = tabIndex;
  }

  #clicked(event) {
    const button = event.target.closest('button');
    if (button === null) return;
    const photo = this.#photoOf(button);
    this.#makeCurrent(photo); // not every browser focuses what is clicked
    if (button.classList.contains('view')) this.#act.open(photo);
    if (button.classList.contains('pick')) this.#act.pick(photo);
    if (button.classList.contains('drop')) this.#act.drop(photo);
  }

  #pressed(event) {
    const photo = this.#photoOf(event.target);
    if (photo === null || !isPlain(event)) return;
    const visible = this.visible;
    const at = visible.indexOf(photo);
    const goTo = (index) => visible[index] && this.focus(visible[index]);
    const actions = {
      ArrowRight: () => goTo(at + 1),
      ArrowLeft: () => goTo(at - 1),
      ArrowDown: () => goTo(at + this.#columns(visible)),
      ArrowUp: () => goTo(at - this.#columns(visible)),
      Home: () => goTo(0),
      End: () => goTo(visible.length - 1),
      Delete: () => this.#act.drop(photo),
      Backspace: () => this.#act.drop(photo), // the key that a Mac calls Delete
      c: () => this.#act.pick(photo),
    };
    const action = actions[event.key === 'C' ? 'c' : event.key];
    if (action === undefined) return;
    event.preventDefault();
    if (event.repeat && removing.has(event.key)) return; // a key held down must not sweep the table
    action();
  }

  /** How many slides the window has room for in a row just now. */
  #columns(visible) {
    const top = (photo) => this.#slides.get(photo).offsetTop;
    const first = top(visible[0]);
    const second = visible.findIndex((photo) => top(photo) !== first);
    return second < 0 ? visible.length : second;
  }
}
