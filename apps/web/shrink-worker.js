// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Shrinks one photograph, off the page's thread: a large one takes a second to decode.

const quality = 0.9;
const thumbnailQuality = 0.8;
/** What the server reads itself. Anything else that the browser can show is sent as a JPEG. */
const readByServer = new Set(['image/jpeg', 'image/png', 'image/webp']);
const smallFile = 2 * 1024 * 1024; // bytes

function draw(source, longest) {
  const scale = Math.min(1, longest / Math.max(source.width, source.height));
  const scaled = (side) => Math.max(1, Math.round(side * scale));
  const canvas = new OffscreenCanvas(scaled(source.width), scaled(source.height));
  const context = canvas.getContext('2d', { alpha: false });
  // JPEG has no transparency; white is what a page would show behind.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function shrink({ file, longest, thumbnail }) {
  // "from-image" turns the pixels as the camera was held; the JPEG that leaves has no such note any more.
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  try {
    const canvas = draw(bitmap, longest);
    // A photograph that is small already goes as it is: its score is then that of the very file.
    const small = Math.max(bitmap.width, bitmap.height) <= longest && file.size <= smallFile;
    const asItIs = small && readByServer.has(file.type);
    return {
      upload: asItIs ? null : await canvas.convertToBlob({ type: 'image/jpeg', quality }),
      thumbnail: await draw(canvas, thumbnail).convertToBlob({ type: 'image/jpeg', quality: thumbnailQuality }),
    };
  } finally {
    bitmap.close();
  }
}

// Answers {id, upload, thumbnail}: without an upload the file itself is to be sent, without a thumbnail it cannot
// be shown.
self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ id: data.id, ...(await shrink(data)) });
  } catch {
    self.postMessage({ id: data.id, upload: null, thumbnail: null });
  }
};
