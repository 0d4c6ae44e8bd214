// @ts-check
/**
 * Makes any accent colour readable: the words on it and the words in it reach 4.5:1 (WCAG 2.2, 1.4.3). Pure.
 */
const READABLE = 4.5;

/** @typedef {[number, number, number]} Rgb each 0-255 */

/**
 * @param {string} text `#rgb` or `#rrggbb`; anything else is null
 * @returns {Rgb|null}
 */
export function parseColour(text) {
  const match = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim());
  if (!match) return null;
  const hex = match[1].length === 3 ? match[1].replace(/./g, "$&$&") : match[1];
  const part = (/** @type {number} */ at) => parseInt(hex.slice(at, at + 2), 16);
  return [part(0), part(2), part(4)];
}

/** @param {Rgb} colour */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
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
 * Black or white, whichever reads better on the colour.
 * @param {Rgb} colour
 * @returns {Rgb}
 */
export function inkOn(colour) {
  return contrast(colour, [255, 255, 255]) >= READABLE ? [255, 255, 255] : [0, 0, 0];
}

/**
 * The colour, moved towards black or white until it reads on the background.
 * @param {Rgb} colour
 * @param {Rgb} background
 * @returns {Rgb}
 */
export function readableOn(colour, background) {
  const target = luminance(background) > 0.4 ? 0 : 255;
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = /** @type {Rgb} */ (colour.map((value) => Math.round(value + (target - value) * share)));
    if (contrast(mixed, background) >= READABLE) return mixed;
  }
  return [target, target, target];
}

/** @param {Rgb} colour */
export function css(colour) {
  return `rgb(${colour.join(" ")})`;
}
