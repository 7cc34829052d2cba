// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A few workers that shrink photographs for the page.

/** The longest side of a thumbnail, in pixels: twice what the gallery shows, for fine screens. */
const thumbnail = 400;

export class Shrinker {
  #workers = [];
  #count;
  #next = 0;
  #waiting = new Map(); // id -> {file, worker, resolve}
  #id = 0;

  /** Each worker may hold a whole decoded photograph, 100 MB at 24 megapixels: keep the count small. */
  constructor(count) {
    this.#count = count;
  }

  /**
   * Resolves to {upload, thumbnail}: what to send, no longer than `longest` pixels a side, and a small JPEG to show.
   * A file that the browser cannot decode is sent as it is, without a thumbnail; the server has the last word.
   */
  shrink(file, longest) {
    return new Promise((resolve) => {
      const id = ++this.#id;
      const worker = this.#worker();
      this.#waiting.set(id, { file, worker, resolve });
      worker.postMessage({ id, file, longest, thumbnail });
    });
  }

  #worker() {
    if (this.#workers.length < this.#count) this.#workers.push(this.#start());
    return this.#workers[this.#next++ % this.#workers.length];
  }

  #start() {
    const worker = new Worker('shrink-worker.js');
    worker.onmessage = ({ data }) => this.#settle(data.id, data);
    // A worker that could not start or ran out of memory must not leave anyone waiting.
    worker.onerror = () => {
      this.#workers = this.#workers.filter((other) => other !== worker);
      worker.terminate();
      for (const [id, task] of this.#waiting) if (task.worker === worker) this.#settle(id, {});
    };
    return worker;
  }

  #settle(id, { upload, thumbnail }) {
    const { file, resolve } = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve({ upload: upload ?? file, thumbnail: thumbnail ?? null });
  }
}
