// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How far the judging is, for eyes and for ears.

import { announce } from './announce.js';
import { countDown } from './countdown.js';

const often = 5000; // milliseconds between two announcements: a sentence a photograph would be noise

export class Progress {
  #section;
  #count;
  #bar;
  #stop;
  #said = 0;
  #wait = '';
  #endWait = () => {};

  /** `pressed()` is called for the button that stops and goes on. */
  constructor(section, pressed) {
    this.#section = section;
    this.#count = section.querySelector('#count');
    this.#bar = section.querySelector('#done');
    this.#stop = section.querySelector('#stop');
    this.#stop.addEventListener('click', pressed);
  }

  /** Of a queue; `reason` says why it stopped, if not by the person. */
  show({ total, done, failed, idle, stopped }, reason) {
    this.#section.hidden = idle;
    this.#bar.max = Math.max(1, total);
    this.#bar.value = done;
    const text = `${done - failed} of ${total} judged${failed > 0 ? `, ${failed} not` : ''}`;
    this.#count.textContent = stopped ? `Stopped. ${text}. ${reason}` : `${text}${this.#wait}`;
    this.#stop.textContent = stopped ? 'Go on' : 'Stop';
    if (!idle && Date.now() - this.#said > often) this.#say(this.#count.textContent);
  }

  finished(text) {
    this.#say(text);
  }

  /** The server is to be left alone for some seconds, for a reason in words. */
  showWait(seconds, reason, refresh) {
    this.#endWait();
    this.#endWait = countDown(seconds, (left) => {
      this.#wait = left > 0 ? `; ${reason}, on in ${left} s` : '';
      refresh();
    });
  }

  #say(text) {
    this.#said = Date.now();
    announce(text);
  }
}
