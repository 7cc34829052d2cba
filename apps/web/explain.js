// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "What mattered": one part of the photograph after another was covered, and the rest was judged. A part whose covering
// makes the photograph worse had helped; one whose covering makes it better had hurt. `falls` says by how much, rows x
// columns, row by row: each is what the odds (probability of being good : of not being good) lose, as a difference of
// their natural logarithms. The odds still move where the probability is so near to 1 that no score shows it.

/** Orange and blue, which colour-blind people tell apart; gallery.css has the same for scores. */
const helped = [240, 128, 20];
const hurt = [40, 120, 235];
const densest = 0.82; // opacity of the part that mattered most
const slight = 0.1; // what changes the odds by less than a tenth did not matter

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

/** How many times higher or lower the odds are: two digits, for more would pretend. */
function times(fall) {
  return `${Number(Math.exp(Math.abs(fall)).toPrecision(2))} times`;
}

/** The same in words, for everybody: colours alone tell no amounts. */
export function sentence(explanation) {
  const { falls } = explanation;
  const most = Math.max(...falls);
  const least = Math.min(...falls);
  const where = (fall) => place(falls.indexOf(fall), explanation);
  const parts = [];
  if (most >= slight) parts.push(`The ${where(most)} helped most: without it the odds of a good photograph are ${times(most)} lower.`);
  if (least <= -slight) parts.push(`The ${where(least)} hurt most: without it the odds of a good photograph are ${times(least)} higher.`);
  if (parts.length > 0) return parts.join(' ');
  return 'No single part mattered: covering any of them changes the odds by less than a tenth.';
}
