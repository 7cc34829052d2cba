// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What was taken from the table, step by step, and can come back until new photographs come.

export class Removals {
  #steps = []; // arrays of photographs, the last step last

  get steps() {
    return this.#steps.length;
  }

  /** In words; empty if nothing was removed. */
  get text() {
    const photos = this.#steps.flat();
    if (photos.length === 0) return '';
    return photos.length === 1 ? `${photos[0].shortName} removed.` : `${photos.length} photographs removed.`;
  }

  push(photos) {
    this.#steps.push(photos);
  }

  /** The photographs of the last step; none if there is none. */
  pop() {
    return this.#steps.pop() ?? [];
  }

  popAll() {
    return this.#steps.splice(0).flat();
  }

  forget() {
    for (const photo of this.popAll()) photo.release();
  }
}
