// @ts-check
/** Draws the order and return cards. Every word of a card's content comes from the server in the customer's language. */
import { el, icon, link, safeLink } from "./dom.js";

/** @typedef {import("./words.js").Words} Words */

/**
 * A card; `changed` shows for a moment that it has just been updated.
 * @param {Card} card
 * @param {Words} words
 * @param {boolean} changed
 */
export function drawCard(card, words, changed) {
  const title = card.kind === "return" ? numbered(words, "return", card.rma) : numbered(words, "order", card.order);
  return el(
    "section",
    { className: `card tone-${card.tone}${changed ? " changed" : ""}`, "aria-label": title.textContent },
    el("header", { className: "card-head" }, title, changed && el("span", { className: "pill" }, words.say("updated")), asOf(card.as_of, words)),
    toned("p", "headline", card.headline),
    steps(card.steps ?? [], words),
    ...(card.kind === "return" ? returnBody(card, words) : orderBody(card, words)),
  );
}

/**
 * "Order #1042" with the number isolated, whichever way the words run.
 * @param {Words} words
 * @param {"order"|"return"|"parcel"} key
 * @param {string} number
 */
function numbered(words, key, number) {
  const [before, after] = words.say(key, { number: "\u0000" }).split("\u0000");
  return el("span", { dir: "auto" }, before, el("bdi", null, number), after);
}

/**
 * @param {"p"|"li"} tag
 * @param {string} className
 * @param {...(Node|string)} children
 */
function toned(tag, className, ...children) {
  return el(tag, { className, dir: "auto" }, el("i", { className: "tone-dot" }), el("span", null, ...children));
}

/**
 * @param {OrderCard} card
 * @param {Words} words
 */
function orderBody(card, words) {
  const number = el("span", null, card.carrier, " ", el("bdi", { className: "number" }, card.tracking_number));
  const address = safeLink(card.tracking_url);
  return [
    facts([words.say("arrives"), arrival(card, words)], [words.say("lastScan"), card.last_scan]),
    parcels(card.parcels ?? [], words),
    lines(card.lines ?? []),
    (address || card.tracking_number) && action(address, words.say("track"), number),
  ];
}

/**
 * @param {ReturnCard} card
 * @param {Words} words
 */
function returnBody(card, words) {
  const address = safeLink(card.label_url);
  return [
    facts(["", numbered(words, "order", card.order)], [words.say("refund"), card.refund], [words.say("dueBy"), card.due_by]),
    lines(card.lines ?? []),
    address && action(address, words.say("label")),
  ];
}

/**
 * @param {OrderCard} card
 * @param {Words} words
 */
function arrival({ eta, eta_was: was }, words) {
  const before = was && was !== eta ? [el("span", { className: "unseen" }, words.say("before")), el("s", null, was)] : [];
  return eta && el("span", null, ...before, el("strong", null, eta));
}

/** @param {...[string, Node|string|null|undefined]} rows those without a value are left out */
function facts(...rows) {
  const pairs = rows.map(([label, value]) => value && el("div", null, el("dt", null, label), el("dd", { dir: "auto" }, value)));
  return pairs.some(Boolean) && el("dl", { className: "facts" }, ...pairs);
}

const STATES = /** @type {const} */ ({ done: "stepDone", now: "stepNow", todo: "stepTodo" });

/**
 * @param {Step[]} all
 * @param {Words} words
 */
function steps(all, words) {
  const rows = all.map(({ at, state, label }) =>
    el(
      "li",
      { className: state, title: at ? words.full(new Date(at)) : "", "aria-current": state === "now" && "step" },
      el("span", { dir: "auto" }, label),
      el("span", { className: "unseen" }, ` (${words.say(STATES[state])}${at ? `, ${words.moment(new Date(at))}` : ""})`),
    ),
  );
  return rows.length && el("ol", { className: "steps" }, ...rows);
}

/**
 * @param {Parcel[]} all
 * @param {Words} words
 */
function parcels(all, words) {
  const rows = all.map(({ tone, headline }, at) => toned("li", `tone-${tone}`, numbered(words, "parcel", String(at + 1)), ": ", headline));
  return rows.length > 1 && el("ul", { className: "rows" }, ...rows);
}

/** @param {Line[]} all */
function lines(all) {
  const rows = all.map(({ quantity, title }) => el("li", null, el("bdi", null, `${quantity} ×`), el("span", { dir: "auto" }, title)));
  return rows.length && el("ul", { className: "rows" }, ...rows);
}

/**
 * @param {string} address
 * @param {string} label
 * @param {Node} [detail]
 */
function action(address, label, detail) {
  return el("p", { className: "card-actions" }, address && link(address, "card-action", label, icon("out")), detail);
}

/**
 * @param {string} at
 * @param {Words} words
 */
function asOf(at, words) {
  const date = new Date(at);
  return +date && el("time", { className: "as-of", dateTime: at, title: words.full(date) }, el("bdi", null, words.say("asOf", { when: words.moment(date) })));
}
