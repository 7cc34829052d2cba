// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Work on many things, a few at a time, that can be stopped and gone on with.

export class Queue {
  #lanes;
  #work;
  #changed;
  #waiting = [];
  #running = new Map(); // thing -> AbortController
  #stopped = false;
  #total = 0; // taken since the queue was last empty

  /**
   * `work(thing, signal)` returns a promise that settles when the thing is done, well or badly; `changed()` is
   * called whenever the counts have.
   */
  constructor(lanes, work, changed) {
    this.#lanes = lanes;
    this.#work = work;
    this.#changed = changed;
  }

  get total() {
    return this.#total;
  }

  get done() {
    return this.#total - this.#waiting.length - this.#running.size;
  }

  get idle() {
    return this.#waiting.length === 0 && this.#running.size === 0;
  }

  get stopped() {
    return this.#stopped;
  }

  add(things) {
    if (this.idle) this.#total = 0;
    this.#waiting.push(...things);
    this.#total += things.length;
    this.#fill();
    this.#changed();
  }

  /** Forgets things, at work or not; all of them before anything else begins. */
  drop(things) {
    const dropped = new Set(things);
    const before = this.#waiting.length + this.#running.size;
    this.#waiting = this.#waiting.filter((thing) => !dropped.has(thing));
    for (const thing of [...this.#running.keys()]) if (dropped.has(thing)) this.#release(thing);
    this.#total -= before - this.#waiting.length - this.#running.size;
    this.#fill();
    this.#changed();
  }

  /** Breaks off what is at work, which waits again, and begins nothing more. */
  stop() {
    this.#stopped = true;
    const interrupted = [...this.#running.keys()];
    for (const thing of interrupted) this.#release(thing);
    this.#waiting.unshift(...interrupted);
    this.#changed();
  }

  goOn() {
    this.#stopped = false;
    this.#fill();
    this.#changed();
  }

  #release(thing) {
    this.#running.get(thing).abort();
    this.#running.delete(thing);
  }

  #fill() {
    while (!this.#stopped && this.#running.size < this.#lanes && this.#waiting.length > 0) {
      this.#begin(this.#waiting.shift());
    }
  }

  async #begin(thing) {
    const control = new AbortController();
    this.#running.set(thing, control);
    try {
      await this.#work(thing, control.signal);
    } finally {
      // If it was released meanwhile, then the lane is another's already, perhaps this very thing's second try.
      if (this.#running.get(thing) === control) {
        this.#running.delete(thing);
        this.#fill();
        this.#changed();
      }
    }
  }
}
