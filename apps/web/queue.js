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
  #failed = 0; // of those

  /**
   * `work(thing, signal)` resolves when the thing is done, to whether it went well; `changed()` is called whenever the
   * counts have.
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

  /** How many of those that are done went badly. */
  get failed() {
    return this.#failed;
  }

  get idle() {
    return this.#waiting.length === 0 && this.#running.size === 0;
  }

  get stopped() {
    return this.#stopped;
  }

  add(things) {
    if (this.idle) this.#total = this.#failed = 0;
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

  /** Breaks off what is at work, which waits again, and begins nothing more. Returns what it broke off. */
  stop() {
    this.#stopped = true;
    const interrupted = [...this.#running.keys()];
    for (const thing of interrupted) this.#release(thing);
    this.#waiting.unshift(...interrupted);
    this.#changed();
    return interrupted;
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
    const well = await this.#work(thing, control.signal);
    // If it was released meanwhile, then the lane is another's already, perhaps this very thing's second try.
    if (this.#running.get(thing) !== control) return;
    this.#running.delete(thing);
    if (!well) ++this.#failed;
    this.#fill();
    this.#changed();
  }
}
