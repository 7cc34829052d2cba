// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How a photograph's worth is told: by a number, a bar and a colour, never by the colour alone.
//
// Nets are often so sure that most scores read 99.9 and tell nothing apart. So where the server knows how many of its
// reference photographs a photograph beats, that percentile is what it goes by, and the score stands small beside it.

const round = (score, decimals) => Number(score.toFixed(decimals));

/** As near as so many decimals come, but never 0 or 100 for what is none. */
function withinEnds(score, decimals) {
  const least = 10 ** -decimals;
  const low = score > 0 ? least : 0;
  const high = score < 100 ? 100 - least : 100;
  return Math.min(high, Math.max(low, round(score, decimals)));
}

export function scoreText(score, decimals = 1) {
  const text = withinEnds(score, decimals).toFixed(decimals);
  if (round(score, decimals) === 100 && score < 100) return `> ${text}`;
  if (round(score, decimals) === 0 && score > 0) return `< ${text}`;
  return text;
}

/** What a photograph goes by, from 0 to 100, just as it is shown: bar, colour, filter and comparison agree with it. */
export function rating({ score, percentile }) {
  if (score === null) return null;
  return percentile === null ? withinEnds(score, 1) : Math.round(percentile);
}

export function ratingText(photo) {
  return photo.percentile === null ? scoreText(photo.score) : String(rating(photo));
}

/** What the large number means, in a sentence; empty where it is the score itself. */
export function meaning(photo) {
  if (photo.score === null || photo.percentile === null) return '';
  return `better than ${rating(photo)}% of the reference photographs`;
}

/** A photograph's worth for those who hear it. */
export function spoken(photo) {
  return photo.score === null ? 'not judged yet' : [meaning(photo), `score ${scoreText(photo.score)}`].filter(Boolean).join(', ');
}

/** Fills the .score, .raw and .bar within an element. A photograph without a score leaves them empty. */
export function showScore(element, photo, decimals = 1) {
  const known = photo.score !== null;
  const number = element.querySelector('.score');
  number.textContent = known ? ratingText(photo) : '';
  number.title = meaning(photo);
  element.querySelector('.raw').textContent = meaning(photo) && `score ${scoreText(photo.score, decimals)}`;
  element.querySelector('.bar i').style.width = `${rating(photo) ?? 0}%`;
  // Nine steps from blue to orange, which colour-blind people tell apart; style sheets know their shades.
  if (known) element.dataset.grade = Math.round(rating(photo) / 12.5);
  else delete element.dataset.grade;
}
