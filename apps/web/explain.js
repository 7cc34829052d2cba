// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "What mattered": one part of the photograph after another was covered, and the score of the rest was taken. A part
// whose covering lowers the score had helped; one whose covering raises it had hurt. `falls` says by how much,
// rows x columns, row by row, as shares of 1.

/** Orange and blue, which colour-blind people tell apart; gallery.css has the same for scores. */
const helped = [240, 128, 20];
const hurt = [40, 120, 235];
const densest = 0.82; // opacity of the part that mattered most
const slight = 0.001; // below a tenth of a point nothing mattered

/** Draws the falls, one pixel a part; the style sheet stretches and softens them over the photograph. */
export function draw(canvas, { rows, columns, falls }) {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d');
  const pixels = context.createImageData(columns, rows);
  const most = Math.max(slight, ...falls.map(Math.abs));
  falls.forEach((fall, i) => {
    const opacity = 255 * densest * (Math.abs(fall) / most);
    pixels.data.set([...(fall > 0 ? helped : hurt), opacity], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
}

/** Whether there is anything to see in the drawing. */
export function matters({ falls }) {
  return falls.some((fall) => Math.abs(fall) >= slight);
}

function place(index, { rows, columns }) {
  const third = (at, of, names) => names[Math.min(2, Math.floor((3 * (at + 0.5)) / of))];
  const vertical = third(Math.floor(index / columns), rows, ['upper', 'middle', 'lower']);
  const horizontal = third(index % columns, columns, ['left', 'centre', 'right']);
  if (vertical === 'middle') return horizontal === 'centre' ? 'centre' : `${horizontal} side`;
  return horizontal === 'centre' ? `${vertical} middle` : `${vertical} ${horizontal}`;
}

/** The same in words, for everybody: colours alone tell no amounts. */
export function sentence(explanation) {
  const { falls } = explanation;
  const most = Math.max(...falls);
  const least = Math.min(...falls);
  const points = (fall) => `${(100 * Math.abs(fall)).toFixed(1)} points`;
  const where = (fall) => place(falls.indexOf(fall), explanation);
  const parts = [];
  if (most >= slight) parts.push(`The ${where(most)} helped most: without it the score falls by ${points(most)}.`);
  if (least <= -slight) parts.push(`The ${where(least)} hurt most: without it the score rises by ${points(least)}.`);
  if (parts.length > 0) return parts.join(' ');
  return 'No single part mattered: covering any of them changes the score by less than a tenth of a point.';
}
