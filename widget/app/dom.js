// @ts-check
/** Builds page nodes without any HTML text: what people wrote becomes text nodes, never markup. */

/** @typedef {Node|string|number|null|undefined|false} Child */

/**
 * An element with properties, attributes (keys with a dash, `role`) and children; what is empty is left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>|null} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (/-|role/.test(key)) value && node.setAttribute(key, String(value));
    else /** @type {any} */ (node)[key] = value;
  }
  node.append(.../** @type {(Node|string)[]} */ (children.filter(Boolean)));
  return node;
}

/**
 * A button that does not submit.
 * @param {string} className
 * @param {() => void} onclick
 * @param {...Child} children
 */
export function button(className, onclick, ...children) {
  return el("button", { type: "button", className, onclick }, ...children);
}

/** The strokes of each icon on a grid of 24. */
const ICONS = {
  send: "M5 12h13M12.5 5.5 19 12l-6.5 6.5",
  clip: "M8 12.5l6.2-6.2a3 3 0 0 1 4.3 4.3L11 18a5 5 0 0 1-7-7l7-7",
  close: "M6 6l12 12M18 6 6 18",
  down: "M6 9l6 6 6-6",
  list: "M4 7h16M4 12h16M4 17h10",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c1-4 4-6 7.5-6s6.5 2 7.5 6",
  spark: "M12 3.5l2 6.5 6.5 2-6.5 2-2 6.5-2-6.5-6.5-2 6.5-2z",
  file: "M6 3.5h8l4 4v13H6zM14 3.5v4h4",
  out: "M8 16l9-9M9 7h8v8",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * Sets a text only if it changed, so that nothing is read out again.
 * @param {Element|null} node
 * @param {string} words
 */
export function setText(node, words) {
  if (node && node.textContent !== words) node.textContent = words;
}

/**
 * Names a control for those who hear it and those who hover.
 * @param {HTMLElement} node
 * @param {string} words
 */
export function setLabel(node, words) {
  node.ariaLabel = words;
  if (node.tagName === "BUTTON") node.title = words;
}

/** Takes the invisible characters out of a name that could turn the text around it (UAX 9). @param {string} [name] */
export function plainName(name = "") {
  return name.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** The address if a link may go there. @param {string|null} [address] */
export function safeLink(address) {
  if (!address || !URL.canParse(address, location.href)) return "";
  const { protocol, href } = new URL(address, location.href);
  return /^(https?|mailto|tel):$/.test(protocol) ? href : "";
}

/**
 * A link that tells the other side nothing about us.
 * @param {string} href
 * @param {string} className
 * @param {...Child} children
 */
export function link(href, className, ...children) {
  return el("a", { href, className, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

const TOKENS = /(https?:\/\/[^\s<>"]+|mailto:[^\s<>"]+|tel:\+?[\d-]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[#+]?\b[A-Z]*\d[\dA-Z-]{3,}\b|#\d+)/g;

/** Text as nodes: web, mail and phone links become links, numbers are isolated from right-to-left words. @param {string} text */
export function rich(text) {
  return text.split(TOKENS).map((part, at) => (at % 2 ? token(part) : part));
}

/** @param {string} part */
function token(part) {
  if (!/^(https?|mailto|tel):|@/.test(part)) return el("bdi", null, part);
  const address = part.replace(/[.,;:!?)\]]+$/, "");
  const href = safeLink(/^(https?|mailto|tel):/.test(address) ? address : `mailto:${address}`);
  return href ? el("span", null, link(href, "", el("bdi", null, address.replace(/^(mailto|tel):/, ""))), part.slice(address.length)) : part;
}
