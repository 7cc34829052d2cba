// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The photographs that could not be judged, each with the reason in words and another try.

export class Failures {
  #section;
  #list;
  #template;
  #rows = new Map(); // photo -> its element

  /** `act` has retry(photos) and drop(photo). */
  constructor(section, template, act) {
    this.#section = section;
    this.#list = section.querySelector('ul');
    this.#template = template;
    section.querySelector('#retry-all').addEventListener('click', () => act.retry(this.photos));
    this.#list.addEventListener('click', (event) => {
      const row = event.target.closest('li');
      const [photo] = [...this.#rows].find(([, element]) => element === row) ?? [];
      if (event.target.closest('.again')) act.retry([photo]);
      if (event.target.closest('.drop')) act.drop(photo);
    });
  }

  /** The photographs, as they stand. */
  get photos() {
    return [...this.#rows.keys()];
  }

  get size() {
    return this.#rows.size;
  }

  show(photo) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    row.querySelector('.name').textContent = photo.name;
    row.querySelector('.why').textContent = photo.error.why;
    row.querySelector('.detail').textContent = photo.error.detail;
    row.querySelector('.again').setAttribute('aria-label', `Try ${photo.shortName} again`);
    row.querySelector('.drop').setAttribute('aria-label', `Remove ${photo.shortName}`);
    this.remove(photo);
    this.#rows.set(photo, row);
    this.#list.append(row);
    this.#refresh();
  }

  remove(photo) {
    const row = this.#rows.get(photo);
    if (row === undefined) return;
    const next = row.contains(document.activeElement) ? (row.nextElementSibling ?? row.previousElementSibling) : null;
    row.remove();
    this.#rows.delete(photo);
    next?.querySelector('.again').focus();
    this.#refresh();
  }

  #refresh() {
    this.#section.hidden = this.#rows.size === 0;
    this.#section.querySelector('#retry-all').hidden = this.#rows.size < 2;
  }
}
