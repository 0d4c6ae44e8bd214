// @ts-check
/** Draws orders and returns as cards, with what only the desk sees: totals, payment, destination. */
import { el, icon, link, safeLink } from "./dom.js";
import * as words from "./words.js";

/** @typedef {import("./types.js").Card} Card */

/** @param {Card} card @param {{isOpen?: boolean}} [how] */
export function drawCard(card, how = {}) {
  const title = card.kind === "return" ? `Return ${card.rma}` : `Order ${card.order}`;
  return el(
    "section",
    { className: `card tone-${card.tone}`, "aria-label": title },
    el("header", { className: "card-head" }, el("span", null, title), el("time", { dateTime: card.as_of, title: words.full(card.as_of) }, `as of ${words.moment(card.as_of, new Date())}`)),
    el("p", { className: "card-headline", dir: "auto" }, el("span", { className: "tone-dot", "aria-hidden": "true" }), card.headline),
    steps(card),
    facts(card),
    parcels(card),
    lines(card, how.isOpen ?? false),
    track(card),
  );
}

/** @param {Card} card */
function steps(card) {
  if (!card.steps?.length) return null;
  const says = { done: "done", now: "now", todo: "still to come" };
  return el(
    "ol",
    { className: "steps" },
    ...card.steps.map((step) =>
      el("li", { className: step.state, title: step.at ? words.full(step.at) : "" }, el("span", { dir: "auto" }, step.label), el("span", { className: "unseen" }, ` (${says[step.state]})`)),
    ),
  );
}

/** @param {Card} card */
function facts(card) {
  /** @type {[string, string|Node|null|undefined][]} */
  const rows = [
    ["Arrival", card.eta && arrival(card)],
    ["Last scan", card.last_scan],
    [card.carrier ? words.capital(card.carrier) : "Tracking", card.tracking_number],
    ["Refund", card.refund],
    ["Send back by", card.due_by],
    ["Placed", card.placed_at && words.full(card.placed_at)],
    ["Total", card.total && [card.total, card.payment && words.plain(card.payment), card.refunded && `${card.refunded} refunded`].filter(Boolean).join(" · ")],
    ["Ships to", card.ship_to],
  ];
  const shown = rows.filter(([, value]) => value);
  if (!shown.length) return null;
  return el("dl", { className: "facts" }, ...shown.map(([name, value]) => el("div", null, el("dt", null, name), el("dd", { dir: "auto" }, value))));
}

/** @param {Card} card */
function arrival(card) {
  const was = card.eta_was && card.eta_was !== card.eta ? card.eta_was : "";
  return el("span", null, was && el("s", null, was), was && " ", el("strong", null, card.eta ?? ""));
}

/** @param {Card} card */
function parcels(card) {
  if ((card.parcels?.length ?? 0) < 2) return null;
  return el("ul", { className: "card-lines" }, ...(card.parcels ?? []).map((parcel, at) => el("li", null, `Parcel ${at + 1}: ${parcel.headline}`)));
}

/** @param {Card} card @param {boolean} isOpen */
function lines(card, isOpen) {
  const all = card.lines ?? [];
  if (!all.length) return null;
  const list = el("ul", { className: "card-lines" }, ...all.map((line) => el("li", { dir: "auto" }, el("span", { className: "quantity" }, `${line.quantity} ×`), line.title)));
  return el("details", { className: "card-items", open: isOpen }, el("summary", null, words.counted(all.length, "item")), list);
}

/** @param {Card} card */
function track(card) {
  const address = safeLink(card.tracking_url ?? card.label_url);
  if (!address) return null;
  const button = link(address, card.kind === "return" ? "Return label" : "Open tracking", icon("out"));
  button.className = "card-action";
  return button;
}
