// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How a score is told: by a number, a bar and a colour, never by the colour alone.

/** One decimal, more where they would make a 100 or a 0 of what is none: nets are often that sure. The CSV has all. */
export function scoreText(score) {
  for (let decimals = 1; decimals <= 4; ++decimals) {
    const text = score.toFixed(decimals);
    if (Number(text) > 0 && Number(text) < 100) return text;
  }
  return score.toFixed(1);
}

export function percentileText(percentile) {
  return percentile === null ? '' : `better than ${Math.round(percentile)}% of the reference photographs`;
}

/** A score in a sentence, for those who hear it. */
export function spokenScore(photo) {
  return [`${scoreText(photo.score)} percent`, percentileText(photo.percentile)].filter(Boolean).join(', ');
}

/** Fills the .score and .bar within an element. A photograph without a score leaves them empty. */
export function showScore(element, photo) {
  const known = photo.score !== null;
  element.querySelector('.score').textContent = known ? scoreText(photo.score) : '';
  element.querySelector('.bar i').style.width = `${known ? photo.score : 0}%`;
  // Five steps from blue to orange, which colour-blind people tell apart; style sheets know their shades.
  if (known) element.dataset.grade = Math.min(4, Math.floor(photo.score / 20));
  else delete element.dataset.grade;
}
