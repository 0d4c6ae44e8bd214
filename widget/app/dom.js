// @ts-check
/** Builds page nodes without any HTML text: what people wrote becomes text nodes, never markup. */

/**
 * An element with properties, attributes (keys with a dash, `role`, `for`) and children; null children are left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>|null} [properties]
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined) continue;
    if (key.includes("-") || key === "role" || key === "for") node.setAttribute(key, String(value));
    else /** @type {any} */ (node)[key] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => child || ""));
  return node;
}

/** The strokes of each icon on a grid of 24. */
const ICONS = {
  send: "M5 12h13M12.5 5.5 19 12l-6.5 6.5",
  clip: "M8 12.5l6.2-6.2a3 3 0 0 1 4.3 4.3L11 18.1a5 5 0 0 1-7-7l7.3-7.3",
  close: "M6 6l12 12M18 6 6 18",
  down: "M6 9.5l6 6 6-6",
  back: "M15 5.5 8.5 12l6.5 6.5",
  list: "M4 6.5h16M4 12h16M4 17.5h10",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6",
  spark: "M12 3.5l1.9 5.1a2.5 2.5 0 0 0 1.5 1.5l5.1 1.9-5.1 1.9a2.5 2.5 0 0 0-1.5 1.5L12 20.5l-1.9-5.1a2.5 2.5 0 0 0-1.5-1.5L3.5 12l5.1-1.9a2.5 2.5 0 0 0 1.5-1.5z",
  file: "M6 3.5h8l4 4v13H6zM14 3.5v4h4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  out: "M8 16 17 7M9.5 7H17v7.5",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 4v4h-4",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"], ["class", "icon"]]) svg.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Takes the invisible characters out of a name that could turn the text around it (UAX 9). @param {string} name */
export function plainName(name) {
  return name.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/**
 * The address if a link may go there, else null.
 * @param {string|null|undefined} address
 */
export function safeLink(address) {
  if (!address) return null;
  try {
    const url = new URL(address, location.href);
    return ["https:", "http:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * A link that tells the other side nothing about us.
 * @param {string} href
 * @param {...(Node|string)} children
 */
export function link(href, ...children) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

const TOKENS = /(https?:\/\/[^\s<>"]+|mailto:[^\s<>"]+|tel:\+?[\d-]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[#+]?\b[A-Z]*\d[\dA-Z-]{3,}\b|#\d+)/g;

/**
 * Text as nodes: web, mail and phone links become links, numbers are isolated from right-to-left words.
 * @param {string} text
 * @returns {(Node|string)[]}
 */
export function rich(text) {
  return text.split(TOKENS).map((part, at) => (at % 2 ? token(part) : part));
}

/** @param {string} part */
function token(part) {
  if (!/^(https?:|mailto:|tel:)|@/.test(part)) return el("bdi", null, part);
  const address = part.replace(/[.,;:!?)\]]+$/, "");
  const href = safeLink(/^(https?|mailto|tel):/.test(address) ? address : `mailto:${address}`);
  if (!href) return part;
  const shown = link(href, el("bdi", null, address.replace(/^(mailto|tel):/, "")));
  return address === part ? shown : el("span", null, shown, part.slice(address.length));
}
