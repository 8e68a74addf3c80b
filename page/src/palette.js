// Colours. Series also differ by dashes and symbols, and every colour by its lightness, so that they are told apart
// in grey and by people who see colours differently (the hues are those of Okabe and Ito).

const LIGHT = ["#0b3954", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8a6d00", "#6a3d9a", "#5c5c5c"];
const DARK = ["#9ad1ff", "#ff9d4d", "#3ddbb0", "#f2a8d1", "#4f9fe0", "#e6d35c", "#b79cf0", "#b8b8b8"];
// A cross and a ring: ECharts' pin is drawn above its point, and its empty circle is white within.
const [CROSS, RING] = ["path://M5 0h4v5h5v4h-5v5h-4v-5h-5v-4h5Z", "path://M7 0a7 7 0 1 0 .01 0ZM7 3a4 4 0 1 1-.01 0Z"];
const SYMBOLS = ["circle", "rect", "triangle", "diamond", CROSS, "arrow", "roundRect", RING];
const DASHES = ["solid", [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 4], [14, 4], [6, 2, 1, 2, 1, 2]];

// From dark to light (viridis): the order is seen in grey, too.
const RAMP = [
  [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37],
];

let system = null;

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen === "dark";
  // Each point of a chart asks for its colour, and to ask the system anew takes longer than to draw the point.
  system ??= matchMedia("(prefers-color-scheme: dark)");
  return system.matches;
}

export function series(index) {
  const colours = isDark() ? DARK : LIGHT;
  const at = index % colours.length;
  return { colour: colours[at], symbol: SYMBOLS[at], dash: DASHES[at] };
}

export const SERIES = LIGHT.length;

/** The part of the ramp that is seen on the ground: without its darkest colours on a dark one, its lightest on a light one. */
function seen(share) {
  const within = Math.min(Math.max(share, 0), 1);
  return isDark() ? 0.22 + 0.78 * within : 0.92 * within;
}

/** The colour of a share between 0 and 1. */
export function ramp(share) {
  if (!Number.isFinite(share)) return isDark() ? "#555" : "#bbb";
  const at = seen(share) * (RAMP.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, RAMP.length - 1);
  const mix = RAMP[low].map((part, index) => Math.round(part + (at - low) * (RAMP[high][index] - part)));
  return `rgb(${mix.join(",")})`;
}

/** Black or white, whichever can be read on the colour of a share. */
export function on(share) {
  return (Number.isFinite(share) ? seen(share) > 0.55 : !isDark()) ? "#000" : "#fff";
}

/** The colours of text, lines and ground. */
export function theme() {
  return isDark()
    ? { text: "#e8e8e8", faint: "#a8a8a8", line: "#444", ground: "#16181d" }
    : { text: "#1c1c1c", faint: "#5a5a5a", line: "#d5d5d5", ground: "#ffffff" };
}
