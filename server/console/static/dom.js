// @ts-check
/** Builds page nodes without any HTML text: what people wrote becomes text nodes, never markup. */

/**
 * An element with properties, attributes (keys with a dash, `role`, `for`) and children; empty children are left out.
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
  for (const child of children) if (child) node.append(child);
  return node;
}

/** The element with this id, which the page always has. @param {string} id */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** The strokes of each icon on a grid of 24. */
const ICONS = {
  back: "M15 5.5 8.5 12l6.5 6.5",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4",
  bellOff: "M9 5.8A6 6 0 0 1 18 11v5.5l1.5 2h-12M6 9.5v7l-1.5 2M10 21h4M4 4l16 16",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  chat: "M4.5 5.5h15v10.5h-8L7 20v-4H4.5z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3 2",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v13M6 12.5l6 6 6-6",
  email: "M4 6h16v12H4zM4 7l8 6 8-6",
  faceBad: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8.5 16c1-1.6 2.2-2.2 3.5-2.2s2.5.6 3.5 2.2M8.5 9l1.8 1M15.5 9l-1.8 1",
  faceMeh: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8.8 15.2h6.4M9.2 9.8h.01M14.8 9.8h.01",
  file: "M6 3.5h8l4 4v13H6zM14 3.5v4h4",
  hand: "M7 12.5V8a1.5 1.5 0 0 1 3 0v3.5V6a1.5 1.5 0 0 1 3 0v5.5V7a1.5 1.5 0 0 1 3 0v5l.6-.9a1.5 1.5 0 0 1 2.6 1.5L16.500 17.500c-1 1.900-2.600 3-4.700 3-2.900 0-4.800-2-4.800-5z",
  help: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM9.500 9.800c0-1.500 1.100-2.500 2.600-2.500 1.400 0 2.500.9 2.500 2.200 0 2-2.600 2.100-2.600 4M12 16.500h.01",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5M8.500 8.500h7M8.500 12h4",
  out: "M8 16 17 7M9.500 7H17v7.500",
  panel: "M4 5h16v14H4zM14.500 5v14",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.8-4 3.800-6 7.500-6s6.700 2 7.500 6",
  phone: "M6 4h3.500l1.500 4.500-2 1.500a11 11 0 0 0 5 5l1.500-2 4.500 1.500V18c0 1.500-1 2-2 2C10.500 20 4 13.500 4 6c0-1 .5-2 2-2z",
  reply: "M10 6 4.500 11.500 10 17M5 11.500h8.500c3.500 0 6 2 6 6",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.300 15.300 20 20",
  send: "M5 12h13M12.500 5.500 19 12l-6.500 6.500",
  sound: "M4.500 10v4h3.500l4.500 4V6L8 10zM16 9a4 4 0 0 1 0 6M18.500 6.500a7.500 7.500 0 0 1 0 11",
  soundOff: "M4.500 10v4h3.500l4.500 4V6L8 10zM16.500 10l4 4M20.500 10l-4 4",
  spark: "M12 3.500l1.900 5.100a2.500 2.500 0 0 0 1.500 1.500l5.100 1.900-5.100 1.900a2.500 2.500 0 0 0-1.500 1.500L12 20.500l-1.900-5.100a2.500 2.500 0 0 0-1.500-1.500L3.500 12l5.100-1.900a2.500 2.500 0 0 0 1.500-1.500z",
  warn: "M12 4 21 19.500H3zM12 10v4.500M12 17h.01",
};

/** @typedef {keyof typeof ICONS} IconName */

/** An icon that says nothing to screen readers. @param {IconName} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"], ["class", "icon"]]) svg.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon and a name that is heard, not seen. @param {IconName} name @param {string} label @param {() => void} act */
export function iconButton(name, label, act) {
  return el("button", { type: "button", className: "icon-button", "aria-label": label, title: label, onclick: act }, icon(name));
}

/** The address if a link may go there, else null. @param {string|null|undefined} address */
export function safeLink(address) {
  if (!address) return null;
  try {
    const url = new URL(address, location.href);
    return ["https:", "http:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that tells the other side nothing about us. @param {string} href @param {...(Node|string)} children */
export function link(href, ...children) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

const ADDRESSES = /(https?:\/\/[^\s<>"]+)/g;

/** Text as nodes, web addresses as links. @param {string} text @returns {(Node|string)[]} */
export function rich(text) {
  return text.split(ADDRESSES).map((part, at) => {
    if (at % 2 === 0) return part;
    const address = part.replace(/[.,;:!?)\]]+$/, "");
    const href = safeLink(address);
    return href ? el("span", null, link(href, address), part.slice(address.length)) : part;
  });
}

/** Two letters in a circle for a person. @param {string} name @param {string} [kind] */
export function face(name, kind = "") {
  const parts = name.trim().split(/\s+/).filter(Boolean);
  const letters = ((parts[0]?.[0] ?? "?") + (parts.length > 1 ? parts[parts.length - 1][0] : "")).toUpperCase();
  return el("span", { className: `face ${kind}`, "aria-hidden": "true" }, letters);
}
