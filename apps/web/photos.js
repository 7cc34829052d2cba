// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The photographs on the table: which there are, what is known of each, and in which order they stand.

/** What a photograph is doing. */
export const State = Object.freeze({ waiting: 'waiting', working: 'working', scored: 'scored', failed: 'failed' });

let created = 0;

export class Photo {
  /** `name` is the path within a dropped folder, or the file's own name. */
  constructor(file, name) {
    this.id = ++created; // also the order in which they came
    this.file = file; // a handle, not the bytes: a thousand of them are small
    this.name = name;
    this.state = State.waiting;
    this.score = null; // percent
    this.percentile = null; // of the reference photographs, or null where the server has none
    this.error = null; // {why, detail} in words
    this.thumbnail = null; // an object URL, ours to revoke
    this.explanation = null; // what /v1/explain said, kept so that it is asked once
  }

  get shortName() {
    return this.name.slice(this.name.lastIndexOf('/') + 1);
  }

  /** The same file chosen twice is one photograph. */
  get key() {
    return [this.name, this.file.size, this.file.lastModified].join('\n');
  }

  showsThumbnail(blob) {
    if (this.thumbnail === null && blob) this.thumbnail = URL.createObjectURL(blob);
  }

  /** Gives the thumbnail's memory back. The photograph may be shown again only after another shrinking. */
  release() {
    if (this.thumbnail !== null) URL.revokeObjectURL(this.thumbnail);
    this.thumbnail = null;
  }
}

export class Photos {
  #byKey = new Map();

  get size() {
    return this.#byKey.size;
  }

  all() {
    return [...this.#byKey.values()];
  }

  in(state) {
    return this.all().filter((photo) => photo.state === state);
  }

  /** Adds those that are not here yet, and returns them. */
  add(photos) {
    const fresh = [];
    for (const photo of photos) {
      if (this.#byKey.has(photo.key)) continue;
      this.#byKey.set(photo.key, photo);
      fresh.push(photo);
    }
    return fresh;
  }

  remove(photo) {
    this.#byKey.delete(photo.key);
  }
}

/** Compares names as people do: 9.jpg stands before 10.jpg. */
export const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare;

/** Comparators. Each ends in the order of arrival, so that equal photographs never change places. */
export const orders = {
  added: (a, b) => a.id - b.id,
  name: (a, b) => byName(a.name, b.name) || a.id - b.id,
  // Those without a score yet stand behind the others.
  score: (a, b) => (b.score ?? -1) - (a.score ?? -1) || a.id - b.id,
};
