// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Waits that are seen to pass.

/** Calls show(seconds left), now and each second, with 0 at the end. Returns a function that breaks it off. */
export function countDown(seconds, show) {
  const end = Date.now() + 1000 * seconds;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    if (left === 0) clearInterval(timer);
    show(left);
  };
  const timer = setInterval(tick, 1000);
  tick();
  return () => clearInterval(timer);
}
