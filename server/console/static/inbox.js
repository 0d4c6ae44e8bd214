// @ts-check
/** Draws the inbox: views with their counts, the filter, a line for each conversation, and what to do when there is none. */
import { el, face, icon } from "./dom.js";
import * as words from "./words.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./store.js").View} View */

/** @type {[View, string][]} */
const VIEWS = [
  ["person", "Needs a person"],
  ["mine", "Mine"],
  ["open", "All open"],
  ["resolved", "Resolved"],
];
const SHOWN_AT_ONCE = 150;
const TICK_MS = 20_000;
const LONG_WAIT_MS = 10 * 60_000;

export class InboxPane {
  /** @type {View} */
  view = "person";
  #inbox;
  #wiring;
  #shown = SHOWN_AT_ONCE;
  #current = "";
  /** @type {Map<string, {node: HTMLLIElement, row: Row}>} */
  #lines = new Map();
  /** @type {Map<View, {button: HTMLButtonElement, count: HTMLElement}>} */
  #tabs = new Map();
  #isDue = false;

  /**
   * @param {HTMLElement} place
   * @param {import("./store.js").Inbox} inbox
   * @param {{open: (conv: string) => void, me: import("./types.js").Me, embed: string}} wiring
   */
  constructor(place, inbox, wiring) {
    this.#inbox = inbox;
    this.#wiring = wiring;
    this.filter = el("input", { type: "search", id: "filter", placeholder: "Filter by name, order, words", autocomplete: "off", spellcheck: false, "aria-label": "Filter the inbox", "aria-keyshortcuts": "/" });
    this.filter.oninput = () => this.draw();
    this.list = el("ol", { className: "rows", role: "list" });
    this.empty = el("div", { className: "empty", hidden: true });
    this.more = el("button", { type: "button", className: "more", hidden: true, onclick: () => this.#showMore() }, "Show more");
    place.append(this.#views(), el("div", { className: "filter" }, icon("search"), this.filter), el("div", { className: "rows-place" }, this.list, this.more, this.empty));
    setInterval(() => this.#tick(), TICK_MS);
  }

  #views() {
    const nav = el("nav", { className: "views", "aria-label": "Views" });
    for (const [view, label] of VIEWS) {
      const count = el("span", { className: "count" });
      const button = el("button", { type: "button", className: "view", onclick: () => this.choose(view) }, label, count);
      this.#tabs.set(view, { button, count });
      nav.append(button);
    }
    return nav;
  }

  /** @param {View} view */
  choose(view) {
    this.view = view;
    this.#shown = SHOWN_AT_ONCE;
    this.draw();
    this.list.parentElement?.scrollTo(0, 0);
  }

  /** Marks the conversation that is open. @param {string} conv */
  mark(conv) {
    this.#current = conv;
    for (const [each, { node }] of this.#lines) setCurrent(node, each === conv);
  }

  /** Draws with the next frame of the screen; many changes are one drawing. */
  draw() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw() {
    const counts = this.#inbox.counts();
    for (const [view, { button, count }] of this.#tabs) {
      button.setAttribute("aria-pressed", String(view === this.view));
      count.textContent = view === "resolved" || !counts[view] ? "" : String(counts[view]);
      count.classList.toggle("calls", view === "person" && counts.person > 0);
    }
    const rows = this.#inbox.view(this.view, this.filter.value);
    this.#drawRows(rows.slice(0, this.#shown));
    this.more.hidden = rows.length <= this.#shown;
    this.#drawEmpty(rows.length === 0);
  }

  /** @param {Row[]} rows */
  #drawRows(rows) {
    const wanted = new Set(rows.map((row) => row.conv));
    for (const [conv, { node }] of [...this.#lines]) {
      if (wanted.has(conv)) continue;
      node.remove();
      this.#lines.delete(conv);
    }
    let before = /** @type {Element|null} */ (this.list.firstElementChild);
    for (const row of rows) {
      const node = this.#line(row);
      if (node === before) before = node.nextElementSibling;
      else this.#place(node, before);
    }
  }

  /** Moves a line without taking the focus away from it. @param {HTMLLIElement} node @param {Element|null} before */
  #place(node, before) {
    const held = node.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
    this.list.insertBefore(node, before);
    if (held && document.activeElement !== held) held.focus({ preventScroll: true });
  }

  /** @param {Row} row */
  #line(row) {
    const held = this.#lines.get(row.conv);
    if (held && held.row === row) return held.node;
    const node = held?.node ?? el("li");
    const anchor = node.querySelector("a") ?? this.#anchor(row.conv);
    anchor.replaceChildren(...drawRow(row, this.#wiring.me));
    if (!anchor.parentElement) node.append(anchor);
    node.classList.toggle("unread", row.unread);
    setCurrent(node, row.conv === this.#current);
    this.#lines.set(row.conv, { node, row });
    return node;
  }

  /** @param {string} conv */
  #anchor(conv) {
    const anchor = el("a", { href: `/console/t/${conv}`, className: "row" });
    anchor.onclick = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.#wiring.open(conv);
    };
    return anchor;
  }

  #showMore() {
    this.#shown += SHOWN_AT_ONCE;
    this.draw();
  }

  /** Times go on even when nothing happens. */
  #tick() {
    for (const held of this.#lines.values()) held.row = { ...held.row };
    this.#draw();
  }

  /** Moves the focus up or down the list. @param {1|-1} step */
  step(step) {
    const anchors = [...this.list.querySelectorAll("a")];
    const focused = anchors.findIndex((each) => each === document.activeElement);
    const from = focused >= 0 ? focused : anchors.findIndex((each) => each.getAttribute("aria-current") === "true");
    const next = anchors[Math.min(anchors.length - 1, Math.max(0, from + step))] ?? anchors[0];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  /** @param {boolean} isEmpty */
  #drawEmpty(isEmpty) {
    this.empty.hidden = !isEmpty;
    if (!isEmpty) return;
    this.empty.replaceChildren(...this.#emptyWords());
  }

  #emptyWords() {
    if (!this.#inbox.isLoaded) return [el("p", { className: "quiet" }, "Loading the inbox…")];
    if (this.filter.value) return [el("h2", null, "Nothing matches"), el("p", null, "No conversation of this view has all these words.")];
    if (this.#inbox.rows.size === 0) return firstSteps(this.#wiring.embed);
    /** @type {Record<View, [string, string]>} */
    const said = {
      person: ["Nobody is waiting", "The assistant has everything in hand. When somebody needs a person, they appear here."],
      mine: ["You have no conversations", "Take one over from “Needs a person” and it moves here."],
      open: ["Everything is done", "New conversations appear here by themselves."],
      resolved: ["Nothing resolved yet", "Solved conversations rest here until the customer writes again."],
    };
    const [title, text] = said[this.view];
    return [icon("check"), el("h2", null, title), el("p", null, text)];
  }
}

/** What to do on the first day. @param {string} embed */
function firstSteps(embed) {
  const code = el("code", null, embed);
  const copy = el("button", { type: "button", className: "button" }, "Copy the line");
  copy.onclick = async () => {
    await navigator.clipboard.writeText(embed);
    copy.textContent = "Copied";
  };
  return [
    icon("chat"),
    el("h2", null, "Your first conversation starts here"),
    el("p", null, "Put this line before ", el("code", null, "</body>"), " on your shop's pages. The chat appears, and what customers write arrives in this list."),
    el("pre", { className: "snippet", tabIndex: 0 }, code),
    copy,
    el("p", { className: "quiet" }, "Just looking around? Open the shop page of the demo in another tab and ask where an order is."),
  ];
}

/** @param {HTMLElement} node @param {boolean} is */
function setCurrent(node, is) {
  node.classList.toggle("current", is);
  const anchor = node.querySelector("a");
  if (is) anchor?.setAttribute("aria-current", "true");
  else anchor?.removeAttribute("aria-current");
}

/** @param {Row} row @param {import("./types.js").Me} me */
function drawRow(row, me) {
  const now = new Date();
  const name = words.called(row);
  return [
    el(
      "span",
      { className: "row-top" },
      row.unread && el("span", { className: "dot" }, el("span", { className: "unseen" }, "Unread. ")),
      el("span", { className: "row-name", dir: "auto" }, name),
      row.customer.vip && el("span", { className: "vip" }, "VIP"),
      el("time", { className: "row-time", dateTime: row.last_at, title: words.full(row.last_at) }, words.moment(row.last_at, now)),
    ),
    el("span", { className: "row-title", dir: "auto" }, subject(row)),
    el("span", { className: "row-preview", dir: "auto" }, row.preview),
    el("span", { className: "row-marks" }, ...marks(row, me, now)),
  ];
}

/** What it is about: the order or the first words, and the kind of matter. @param {Row} row */
export function subject(row) {
  const order = row.order && !row.title.includes(row.order) ? `Order ${row.order}` : "";
  const kind = row.category && row.category !== "other" ? words.capital(words.plain(row.category)) : "";
  return [row.title, order, kind].filter(Boolean).join(" · ") || `Conversation ${row.number}`;
}

/** @param {Row} row @param {import("./types.js").Me} me @param {Date} now */
function marks(row, me, now) {
  const via = words.channel(row.channel);
  return [
    el("span", { className: "mark", title: via.name }, icon(via.icon), el("span", { className: "unseen" }, via.name)),
    priority(row),
    mood(row.mood),
    waiting(row, now),
    el("span", { className: "row-owner" }, ...owner(row, me)),
  ];
}

/** Priority with its reason; quiet while there is nothing to worry about. @param {Row} row */
export function priority(row) {
  if (!["urgent", "high"].includes(row.priority)) return null;
  const because = row.priority_reason ? `: ${words.plain(row.priority_reason)}` : "";
  return el("span", { className: `chip ${row.priority}`, title: `${words.capital(row.priority)}${because}` }, `${words.capital(row.priority)}${because}`);
}

/** @param {number} level */
export function mood(level) {
  if (level < 1) return null;
  const said = words.MOODS[Math.min(level, 3)];
  return el("span", { className: `mark mood-${Math.min(level, 3)}`, title: said }, icon(level > 1 ? "faceBad" : "faceMeh"), el("span", { className: "unseen" }, said));
}

/** @param {Row} row @param {Date} now */
function waiting(row, now) {
  if (!row.waiting_since || row.status === "resolved") return null;
  const long = now.getTime() - new Date(row.waiting_since).getTime() > LONG_WAIT_MS;
  const said = words.since(row.waiting_since, now);
  return el("span", { className: `mark wait${long ? " long" : ""}`, title: `Waiting since ${words.full(row.waiting_since)}` }, icon("clock"), el("span", { className: "unseen" }, "Waiting "), said);
}

/** @param {Row} row @param {import("./types.js").Me} me */
function owner(row, me) {
  if (row.owner.type === "assistant") return [icon("spark"), "Assistant"];
  if (row.owner.type === "queue") return [el("span", { className: "free", title: row.owner.name ? `${row.owner.name} answers for it until somebody takes over` : "" }, row.owner.name ? `For ${row.owner.name.split(" ")[0]}` : "Unassigned")];
  return [face(row.owner.name, "small agent"), row.owner.id === me.id ? "You" : row.owner.name.split(" ")[0]];
}
