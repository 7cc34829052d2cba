// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How photographs come to the table: chosen, dropped (folders too), or pasted.

import { byName, Photo } from './photos.js';

/** Some systems know no type for these, and give an empty one. */
const types = {
  avif: 'image/avif', bmp: 'image/bmp', gif: 'image/gif', heic: 'image/heic', heif: 'image/heif',
  jpeg: 'image/jpeg', jpg: 'image/jpeg', jxl: 'image/jxl', pgm: 'image/x-portable-graymap',
  png: 'image/png', ppm: 'image/x-portable-pixmap', tga: 'image/x-tga', tif: 'image/tiff', tiff: 'image/tiff', webp: 'image/webp',
};

function typed(file) {
  if (file.type !== '') return file;
  const type = types[file.name.slice(file.name.lastIndexOf('.') + 1).toLowerCase()];
  // A new handle on the same bytes; nothing is read.
  return type ? new File([file], file.name, { type, lastModified: file.lastModified }) : file;
}

/** What systems leave in folders, which nobody calls a photograph: neither judged nor worth a word. */
function isLitter(path) {
  const hidden = path.includes('/') && /(^|\/)\./.test(path);
  return hidden || /(^|\/)(Thumbs\.db|desktop\.ini|\.DS_Store)$/i.test(path);
}

/** Calls back with the photos, and with how many files are {others} than images or {unreadable}. */
function deliver({ entries, unreadable = 0 }, receive) {
  const files = entries.filter(({ path }) => !isLitter(path)).map(({ file, path }) => ({ file: typed(file), path }));
  const images = files.filter(({ file }) => file.type.startsWith('image/'));
  images.sort((a, b) => byName(a.path, b.path)); // a folder tells its files in any order
  receive(images.map(({ file, path }) => new Photo(file, path)), { others: files.length - images.length, unreadable });
}

function chosen(list) {
  return { entries: Array.from(list, (file) => ({ file, path: file.webkitRelativePath || file.name })) };
}

/** A dropped file system: every file at or under some of its entries, and how many could not be read. */
class Walk {
  entries = [];
  unreadable = 0;

  async enter(entries) {
    await Promise.all(entries.map((entry) => (entry.isDirectory ? this.#folder(entry) : this.#file(entry))));
    return this;
  }

  async #file(entry) {
    try {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      this.entries.push({ file, path: entry.fullPath.replace(/^\//, '') });
    } catch {
      ++this.unreadable;
    }
  }

  async #folder(folder) {
    const reader = folder.createReader();
    for (;;) {
      // A reader gives a hundred at most, and then the next hundred.
      const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
      if (some === null) ++this.unreadable;
      if (!some?.length) return;
      await this.enter(some);
    }
  }
}

/** `reading()` is called if there are folders, which may take their time. */
async function dropped(transfer, reading) {
  // The entries must be taken before the first wait: the transfer is emptied after its event.
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return chosen(transfer.files);
  if (entries.some((entry) => entry.isDirectory)) reading();
  return new Walk().enter(entries);
}

/**
 * Watches the page for photographs. `receive(photos, {others, unreadable})` gets them, and how many files are none or
 * cannot be read; `reading()` is called before, if it may take long.
 */
export function watch(form, receive, reading) {
  for (const input of form.querySelectorAll('input[type=file]')) {
    input.addEventListener('change', () => {
      deliver(chosen(input.files), receive);
      input.value = ''; // so that choosing the same again is a change
    });
  }
  form.addEventListener('submit', (event) => event.preventDefault());

  // The whole page takes drops, lest a miss make the browser leave for the dropped file.
  let depth = 0;
  const over = (change) => document.documentElement.classList.toggle('dropping', (depth = Math.max(0, change)) > 0);
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragenter', (event) => carriesFiles(event) && over(depth + 1));
  document.addEventListener('dragleave', (event) => carriesFiles(event) && over(depth - 1));
  document.addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
  document.addEventListener('drop', async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    over(0);
    deliver(await dropped(event.dataTransfer, reading), receive);
  });

  document.addEventListener('paste', (event) => {
    if (event.clipboardData.files.length > 0) deliver(chosen(event.clipboardData.files), receive);
  });
}
