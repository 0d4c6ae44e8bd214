// @ts-check
/** Makes any accent colour readable: the words on it and the words in it reach 4.5:1 (WCAG 2.2, 1.4.3). Pure. */
const READABLE = 4.5;
/** A little more for thin strokes on soft backgrounds. */
const COMFORTABLE = 5.5;

/** Red, green and blue, each 0-255. @typedef {number[]} Rgb */

/** @param {string} text `#rrggbb`; anything else is null @returns {Rgb|null} */
export function parseColour(text) {
  return /^#[0-9a-f]{6}$/i.test(text) ? [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)) : null;
}

/** @param {Rgb} colour */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => (value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * The contrast ratio of two colours, 1-21.
 * @param {Rgb} one
 * @param {Rgb} other
 */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * The colour, moved towards black or white until it reads on the background.
 * @param {Rgb} colour
 * @param {Rgb} background
 */
export function readableOn(colour, background) {
  const target = luminance(background) > 0.18 ? 0 : 255;
  let mixed = colour;
  for (let share = 0; share <= 20 && contrast(mixed, background) < COMFORTABLE; share++) {
    mixed = colour.map((value) => Math.round(value + ((target - value) * share) / 20));
  }
  return mixed;
}

/** White where it reads on the colour, else black. @param {Rgb} colour */
export function inkOn(colour) {
  return contrast(colour, [255, 255, 255]) >= READABLE ? [255, 255, 255] : [0, 0, 0];
}

/** @param {Rgb} colour */
export function css(colour) {
  return `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
