// @ts-check
/** Draws the order and return cards. Every word on a card comes from the server in the customer's language. */
import { el, icon, link, safeLink } from "./dom.js";

/**
 * A card; `changed` shows for a moment that it has just been updated.
 * @param {import("../types.js").Card} card
 * @param {import("./words.js").Words} words
 * @param {boolean} changed
 */
export function drawCard(card, words, changed) {
  const body = card.kind === "return" ? returnBody(card, words) : orderBody(card, words);
  const title = card.kind === "return" ? numbered(words, "return", card.rma) : numbered(words, "order", card.order);
  return el(
    "section",
    { className: `card tone-${card.tone}${changed ? " changed" : ""}`, "aria-label": title.textContent },
    el(
      "header",
      { className: "card-head" },
      el("span", { className: "card-title" }, title),
      changed && el("span", { className: "pill" }, words.say("updated")),
      asOf(card.as_of, words),
    ),
    el("p", { className: "headline", dir: "auto" }, el("span", { className: "tone-dot", "aria-hidden": "true" }), el("span", null, card.headline)),
    steps(card.steps ?? [], words),
    ...body,
  );
}

/**
 * "Order #1042" with the number isolated, whichever way the words run.
 * @param {import("./words.js").Words} words
 * @param {"order"|"return"|"returnOf"|"parcel"} key
 * @param {string} number
 */
function numbered(words, key, number) {
  const [before, after] = words.say(key, { number: "\u0000" }).split("\u0000");
  return el("span", null, before, el("bdi", null, number), after ?? "");
}

/**
 * @param {import("../types.js").OrderCard} card
 * @param {import("./words.js").Words} words
 */
function orderBody(card, words) {
  const address = safeLink(card.tracking_url);
  const carrier = card.carrier ?? "";
  const label = carrier ? words.say("trackWith", { carrier }) : words.say("track");
  return [
    facts([
      [words.say("arrives"), arrival(card, words)],
      [words.say("lastScan"), card.last_scan],
      [address ? "" : carrier, address ? null : number(card.tracking_number)],
    ]),
    parcels(card.parcels ?? [], words),
    lines(card.lines ?? [], words),
    address && action(address, label, number(card.tracking_number)),
  ];
}

/**
 * @param {import("../types.js").ReturnCard} card
 * @param {import("./words.js").Words} words
 */
function returnBody(card, words) {
  const address = safeLink(card.label_url);
  return [
    facts([
      ["", numbered(words, "returnOf", card.order)],
      [words.say("refund"), card.refund],
      [words.say("dueBy"), card.due_by],
    ]),
    lines(card.lines ?? [], words),
    address && action(address, words.say("label")),
  ];
}

/**
 * @param {import("../types.js").OrderCard} card
 * @param {import("./words.js").Words} words
 */
function arrival(card, words) {
  if (!card.eta) return null;
  const was = card.eta_was && card.eta_was !== card.eta ? card.eta_was : "";
  return el(
    "span",
    null,
    was && el("span", { className: "unseen" }, words.say("before") + " "),
    was && el("s", null, was),
    was && " ",
    el("strong", null, card.eta),
  );
}

/** @param {string|null|undefined} text */
function number(text) {
  return text ? el("bdi", { className: "number" }, text) : null;
}

/** @param {[string, Node|string|null|undefined][]} rows those without a value are left out */
function facts(rows) {
  const shown = rows.filter(([, value]) => value);
  if (!shown.length) return null;
  const pairs = shown.map(([label, value]) => el("div", null, el("dt", null, label), el("dd", { dir: "auto" }, value ?? "")));
  return el("dl", { className: "facts" }, ...pairs);
}

/**
 * @param {import("../types.js").Step[]} all
 * @param {import("./words.js").Words} words
 */
function steps(all, words) {
  if (!all.length) return null;
  const says = /** @type {const} */ ({ done: "stepDone", now: "stepNow", todo: "stepTodo" });
  return el(
    "ol",
    { className: "steps" },
    ...all.map((step) => {
      const at = step.at ? new Date(step.at) : null;
      const state = words.say(says[step.state]) + (at ? `, ${words.moment(at)}` : "");
      return el(
        "li",
        { className: step.state, title: at ? words.full(at) : "", "aria-current": step.state === "now" ? "step" : null },
        el("span", { dir: "auto" }, step.label),
        el("span", { className: "unseen" }, ` (${state})`),
      );
    }),
  );
}

/**
 * @param {import("../types.js").Parcel[]} all
 * @param {import("./words.js").Words} words
 */
function parcels(all, words) {
  if (all.length < 2) return null;
  const rows = all.map((parcel, at) =>
    el(
      "li",
      { className: `tone-${parcel.tone}` },
      el("span", { className: "tone-dot", "aria-hidden": "true" }),
      el("span", null, numbered(words, "parcel", String(at + 1)), ": ", el("span", { dir: "auto" }, parcel.headline)),
    ),
  );
  return el("ul", { className: "parcels" }, ...rows);
}

/**
 * @param {import("../types.js").Line[]} all
 * @param {import("./words.js").Words} words
 */
function lines(all, words) {
  if (!all.length) return null;
  const rows = all.map((line) => el("li", null, el("bdi", { className: "quantity" }, `${line.quantity} ×`), el("span", { dir: "auto" }, line.title)));
  return el("ul", { className: "lines", "aria-label": words.say("items") }, ...rows);
}

/**
 * @param {string} address
 * @param {string} label
 * @param {Node|null} [detail]
 */
function action(address, label, detail) {
  const button = link(address, el("span", null, label), icon("out"));
  button.className = "card-action";
  return el("p", { className: "card-actions" }, button, detail);
}

/**
 * @param {string} at
 * @param {import("./words.js").Words} words
 */
function asOf(at, words) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  return el("time", { className: "as-of", dateTime: at, title: words.full(date) }, words.say("asOf", { when: words.moment(date) }));
}
