// @ts-check
/** Draws what happened in a thread: who said what is never mixed up, and nothing that happened is left out. */
import { drawCard } from "./cards.js";
import { el, face, icon, rich } from "./dom.js";
import * as words from "./words.js";

/** @typedef {import("./types.js").DeskEvent} DeskEvent */
/** @typedef {import("./types.js").Receipt} Receipt */
/** @typedef {{me: import("./types.js").Me, assistant: string, customer: () => string}} Scene */

/** Events by one author follow each other under one name for this long. */
const TOGETHER_MS = 5 * 60_000;

/** Whether two events stand under one name. @param {DeskEvent|undefined} before @param {DeskEvent} event */
export function isTogether(before, event) {
  if (!before || before.type !== event.type || !["message", "note"].includes(event.type)) return false;
  const sameAuthor = before.author.type === event.author.type && before.author.id === event.author.id && before.author.name === event.author.name;
  return sameAuthor && before.channel === event.channel && new Date(event.ts).getTime() - new Date(before.ts).getTime() < TOGETHER_MS;
}

/** @param {DeskEvent} event @param {Scene} scene @param {boolean} isFirst whether the author's name is shown */
export function drawEvent(event, scene, isFirst) {
  if (event.type === "message") return message(event, scene, isFirst);
  if (event.type === "note") return note(event, scene, isFirst);
  if (event.type === "handoff") return handoff(event);
  if (event.type === "order_update") return update(event);
  if (event.type === "delivery") return trouble(event);
  if (["proposed", "confirmed", "awaiting", "approved", "executed", "failed"].includes(event.type)) return action(event);
  return line(event, scene);
}

/** A message that is on its way, or that did not get there. @param {{mode: "reply"|"note", text: string, failed: string, again: () => void, drop: () => void}} pending @param {string} name */
export function drawPending({ mode, text, failed, again, drop }, name) {
  const said = failed
    ? el("p", { className: "delivery bad", role: "alert" }, icon("warn"), failed, " ", el("button", { type: "button", className: "inline", onclick: again }, "Send again"), " ", el("button", { type: "button", className: "inline", onclick: drop }, "Back to the text field"))
    : el("p", { className: "delivery" }, mode === "note" ? "Saving…" : "Sending…");
  const kind = mode === "note" ? "note" : "from-agent";
  return el("li", { className: `event said ${kind} first pending` }, byline(name, mode === "note" ? "Note" : "You", face(name, "agent")), el("div", { className: "bubble" }, text), said);
}

/** @param {DeskEvent} event @param {Scene} scene */
function who(event, { me, assistant, customer }) {
  if (event.author.type === "customer") return { name: event.author.name || customer() || "Visitor", role: "Customer", kind: "customer" };
  if (event.author.type === "assistant") return { name: event.author.name || assistant, role: "Assistant", kind: "assistant" };
  if (event.author.type === "agent") return { name: event.author.name, role: event.author.id === me.id ? "You" : "Agent", kind: "agent" };
  return { name: "Onethread", role: "System", kind: "system" };
}

/** @param {string} name @param {string} role @param {Node} picture @param {string} [detail] */
function byline(name, role, picture, detail = "") {
  return el("p", { className: "byline" }, picture, el("span", { className: "author", dir: "auto" }, name), el("span", { className: "role" }, role), detail && el("span", { className: "via" }, detail));
}

/** @param {DeskEvent} event @param {Scene} scene @param {boolean} isFirst */
function message(event, scene, isFirst) {
  const { name, role, kind } = who(event, scene);
  const picture = kind === "assistant" ? el("span", { className: "face assistant", "aria-hidden": "true" }, icon("spark")) : face(name, kind);
  const via = event.channel ? `via ${words.channel(event.channel).name}` : "";
  return el(
    "li",
    { className: `event said from-${kind}${isFirst ? " first" : ""}`, "data-seq": event.seq },
    byline(name, role, picture, via),
    event.body.text && el("div", { className: "bubble", dir: "auto", lang: event.body.lang }, ...rich(event.body.text)),
    attachments(event.body.attachments ?? []),
    event.body.card && drawCard(event.body.card),
    choices(event.body.choices ?? []),
    receipts(event.body.evidence ?? []),
    el("p", { className: "delivery" }, time(event), event.body.choice && el("span", null, "tapped a quick reply"), event.body.holding && el("span", null, "a person will answer")),
  );
}

/** @param {DeskEvent} event @param {Scene} scene @param {boolean} isFirst */
function note(event, scene, isFirst) {
  const { name, role, kind } = who(event, scene);
  const picture = kind === "agent" ? face(name, "agent") : icon("note");
  return el(
    "li",
    { className: `event said note${isFirst ? " first" : ""}`, "data-seq": event.seq },
    byline(name, role === "System" ? "" : role, picture, "Note: only colleagues see this"),
    el("div", { className: "bubble", dir: "auto" }, ...rich(event.body.text ?? "")),
    el("p", { className: "delivery" }, time(event)),
  );
}

/** @param {DeskEvent} event */
function time(event) {
  return el("time", { dateTime: event.ts, title: words.full(event.ts) }, words.clock(event.ts));
}

/** @param {import("./types.js").Attachment[]} all */
export function attachments(all) {
  if (!all.length) return null;
  return el("ul", { className: "attachments" }, ...all.map((item) => el("li", null, attachment(item))));
}

/** @param {import("./types.js").Attachment} item */
function attachment(item) {
  const address = `/console/files/${encodeURIComponent(item.id)}`;
  const isPicture = item.type.startsWith("image/");
  if (item.type.startsWith("audio/")) return el("audio", { controls: true, preload: "none", src: address, title: item.name });
  return el(
    "a",
    { className: isPicture ? "picture" : "file", href: address, download: item.name, title: `${item.name}, ${words.size(item.size)}` },
    isPicture ? el("img", { src: address, alt: item.name, loading: "lazy" }) : icon("file"),
    !isPicture && el("span", null, item.name, el("span", { className: "quiet" }, ` ${words.size(item.size)}`)),
  );
}

/** @param {{label: string}[]} all */
function choices(all) {
  if (!all.length) return null;
  return el("p", { className: "choices" }, el("span", { className: "unseen" }, "Offered: "), ...all.map((choice) => el("span", { className: "choice", dir: "auto" }, choice.label)));
}

/** What a statement stands on, folded away. @param {Receipt[]} all @param {string} [title] */
export function receipts(all, title = "") {
  if (!all.length) return null;
  return el(
    "details",
    { className: "receipts" },
    el("summary", null, icon("check"), title || `${words.counted(all.length, "fact")} checked`),
    receiptList(all),
  );
}

/** Facts under the source and the time that they were read at. @param {Receipt[]} all */
export function receiptList(all) {
  /** @type {Map<string, Receipt[]>} */
  const bySource = new Map();
  for (const one of all) bySource.set(`${one.source} ${one.at}`, [...(bySource.get(`${one.source} ${one.at}`) ?? []), one]);
  return el("div", { className: "receipt-list" }, ...[...bySource.values()].map(fromOneSource));
}

/** @param {Receipt[]} all */
function fromOneSource(all) {
  const { source, at } = all[0];
  return el(
    "section",
    null,
    el("p", null, `From ${source}, `, el("time", { dateTime: at, title: words.full(at) }, words.moment(at, new Date()))),
    el("dl", null, ...all.map((one) => el("div", null, el("dt", null, words.capital(words.plain(one.key))), el("dd", { dir: "auto" }, /^[a-z]+(_[a-z]+)+$/.test(one.value) ? words.plain(one.value) : one.value)))),
  );
}

/** @param {DeskEvent} event */
function handoff(event) {
  return el(
    "li",
    { className: "event handoff", "data-seq": event.seq },
    icon("hand"),
    el("div", null, el("p", { className: "handoff-title" }, "Handed to a person"), el("p", null, words.reason(String(event.body.reason ?? "")), ".")),
    time(event),
  );
}

/** @param {DeskEvent} event */
function update(event) {
  if (!event.body.card) return plainLine(event, "box", "The order changed");
  return el("li", { className: "event update", "data-seq": event.seq }, el("p", { className: "update-title" }, icon("box"), "The order changed", time(event)), drawCard(event.body.card));
}

/** How far a message got, the farther the later. */
const GOT = ["sent", "delivered", "read"];

/** Whether an event only says how far a message got, which stands below the message itself. @param {DeskEvent} event */
export const isProgress = (event) => event.type === "delivery" && GOT.includes(String(event.body.status));

/** Writes below a message how far it got; what comes late never takes anything back. @param {Element} node @param {DeskEvent} event */
export function markProgress(node, event) {
  const place = node.querySelector(":scope > .delivery");
  const mark = place?.querySelector(".got-mark") ?? el("span", { className: "got-mark" });
  if (!place || GOT.indexOf(String(event.body.status)) < GOT.indexOf(mark.getAttribute("data-got") ?? "")) return;
  mark.setAttribute("data-got", String(event.body.status));
  mark.replaceChildren(icon("check"), words.capital(String(event.body.status)));
  place.append(mark);
}

/** A message that did not get there as it was meant to. @param {DeskEvent} event */
function trouble(event) {
  const { body } = event;
  const name = words.channel(event.channel).name;
  const why = String(body.error ?? body.why ?? "");
  /** @type {Record<string, [import("./dom.js").IconName, string]>} */
  const said = {
    failed: ["warn", `Not delivered by ${name}${why && `: ${why}`}`],
    waiting: ["clock", `Not sent yet: ${why}. It goes out when the customer writes again on ${name}`],
    rerouted: ["reply", `Goes by ${words.channel(String(body.to)).name} instead of ${name}${why && `: ${why}`}`],
    heard: ["phone", body.heard ? `The caller interrupted after “${body.heard}”` : "The caller interrupted at once"],
  };
  const [sign, text] = said[String(body.status)] ?? ["clock", `Delivery: ${words.plain(String(body.status))}`];
  return plainLine(event, sign, text);
}

/** @type {Record<string, [import("./dom.js").IconName, string, string]>} */
const ACTIONS = {
  proposed: ["chat", "Proposed to the customer", "quiet"],
  confirmed: ["check", "Confirmed by the customer", "quiet"],
  awaiting: ["hand", "Waits for approval", "quiet"],
  approved: ["check", "Approved", "good"],
  executed: ["check", "Done", "good"],
  failed: ["warn", "Did not work", "bad"],
};

/** @type {[import("./dom.js").IconName, string, string]} */
const WITHDRAWN = ["reply", "Taken back by the customer, nothing was done", "quiet"];

/** When a return is paid before the goods are here. @type {Record<string, string>} */
const EARLY = { immediately: "is paid now, before the goods are back", on_first_scan: "is paid at the carrier's first scan" };

/** @param {DeskEvent} event */
function action(event) {
  const isWithdrawn = event.type === "failed" && event.body.result?.error === "withdrawn";
  const [sign, title, tone] = isWithdrawn ? WITHDRAWN : ACTIONS[event.type];
  const what = event.body.action ?? {};
  const name = words.plain(String(what.name ?? "action"));
  const items = (what.lines ?? []).map((/** @type {any} */ one) => `${one.quantity ?? 1} × ${one.sku ?? "item"}${one.to_sku ? ` → ${one.to_sku}` : ""}`);
  const result = event.body.result ?? {};
  const early = event.type === "executed" ? EARLY[event.body.release] : "";
  const outcome = [early, result.rma && `RMA ${result.rma}`, result.refund_id && `Refund ${result.refund_id}`, result.error && !isWithdrawn && String(result.error)].filter(Boolean);
  return el(
    "li",
    { className: `event act ${tone}`, "data-seq": event.seq },
    icon(sign),
    el("div", null, el("p", { className: "act-title" }, `${title}: ${name}`, what.order && `${name.endsWith("order") ? "" : " for order"} ${what.order}`), el("p", { className: "quiet" }, [...items, what.reason && words.plain(String(what.reason)), ...outcome].filter(Boolean).join(" · "))),
    time(event),
  );
}

/** @param {DeskEvent} event @param {Scene} scene */
function line(event, scene) {
  const [sign, text] = lineWords(event, scene);
  return plainLine(event, sign, text);
}

/** @param {DeskEvent} event @param {import("./dom.js").IconName} sign @param {string} text */
function plainLine(event, sign, text) {
  return el("li", { className: `event line ${event.type}`, "data-seq": event.seq }, icon(sign), el("span", { dir: "auto" }, text), time(event));
}

/** @param {DeskEvent} event @param {Scene} scene @returns {[import("./dom.js").IconName, string]} */
function lineWords(event, scene) {
  const { body } = event;
  const name = event.author.id === scene.me.id ? "You" : who(event, scene).name;
  switch (event.type) {
    case "assigned":
      if (body.owner_kind === "agent") return ["person", `${body.owner_id && String(body.owner_id) === scene.me.id ? "You" : body.owner_name} took over`];
      return ["spark", event.author.type === "agent" ? `${name} handed the conversation back to ${scene.assistant}` : `${scene.assistant} takes the conversation`];
    case "resolved":
      return ["check", event.author.type === "agent" ? `${name} resolved the conversation` : "Resolved: the customer confirmed it"];
    case "reopened":
      return ["reply", "The customer wrote again: reopened"];
    case "status":
      return ["clock", `Status: ${words.status(String(body.status)).toLowerCase()}`];
    case "corrected":
      return ["note", `${name} corrected ${words.plain(String(body.field ?? "label"))}: ${words.plain(String(body.was ?? ""))} → ${words.plain(String(body.now ?? ""))}`];
    case "promised":
      return ["note", `${name} promised: goods of order ${body.order} may come back until ${words.date(String(body.until))}`];
    case "classified":
      if (body.because === "time") return ["clock", `Priority is ${body.priority} now (${words.plain(String(body.priority_reason ?? ""))})`];
      return ["spark", `Understood: ${understood(body)}`];
    case "linked":
      if (body.to) return ["reply", "Goes on in the earlier conversation about the same order"];
      if (body.from) return ["reply", "Another conversation about this order goes on here"];
      return ["box", body.title ? `Linked to ${String(body.title).replace(/^Order/, "order")}` : body.how === "signed_in" ? "The customer signed in" : "Linked"];
    case "draft_offered":
      return ["chat", "A reply suggested"];
    case "draft_outcome":
      return ["chat", `Suggested reply ${body.n} was used${body.edited ? ", with changes" : " as it was"}`];
    default:
      return ["clock", words.capital(words.plain(event.type))];
  }
}

/** @param {Record<string, any>} body */
function understood(body) {
  const parts = [words.plain(String(body.intent ?? "other"))];
  if (body.frustration > 0) parts.push(words.MOODS[Math.min(3, body.frustration)].toLowerCase());
  if (body.priority && body.priority !== "medium") parts.push(`${body.priority} priority${body.priority_reason ? ` (${words.plain(body.priority_reason)})` : ""}`);
  if (body.risk?.length) parts.push(`risk: ${body.risk.join(", ")}`);
  if (body.abstain) parts.push("not sure");
  return parts.join(", ");
}
