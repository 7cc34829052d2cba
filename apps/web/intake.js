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

/** Calls back with (photos, others): those files that are images, and how many are something else. */
function deliver(entries, receive) {
  const files = entries.map(({ file, path }) => ({ file: typed(file), path }));
  const images = files.filter(({ file }) => file.type.startsWith('image/'));
  images.sort((a, b) => byName(a.path, b.path)); // a folder tells its files in any order
  receive(images.map(({ file, path }) => new Photo(file, path)), entries.length - images.length);
}

function chosen(list) {
  return Array.from(list, (file) => ({ file, path: file.webkitRelativePath || file.name }));
}

async function inFolder(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    // A reader gives a hundred at most, and then the next hundred.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return (await Promise.all(entries.map(walk))).flat();
    entries.push(...some);
  }
}

/** Every file at or under an entry of the dropped file system. What cannot be read is left out. */
async function walk(entry) {
  try {
    if (entry.isDirectory) return await inFolder(entry);
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, '') }];
  } catch {
    return [];
  }
}

async function dropped(transfer) {
  // The entries must be taken before the first wait: the transfer is emptied after its event.
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return chosen(transfer.files);
  return (await Promise.all(entries.map(walk))).flat();
}

/** Watches the page for photographs. `receive(photos, others)` gets them. */
export function watch(form, receive) {
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
    deliver(await dropped(event.dataTransfer), receive);
  });

  document.addEventListener('paste', (event) => {
    if (event.clipboardData.files.length > 0) deliver(chosen(event.clipboardData.files), receive);
  });
}
