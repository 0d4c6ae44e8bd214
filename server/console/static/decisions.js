// @ts-check
/** What a person decides beside the words: agree to an action that waits, or set right what was understood. */
import { el, icon } from "./dom.js";
import * as words from "./words.js";

/** @typedef {import("./types.js").Approval} Approval */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {{mayAct: boolean, decide: (approval: Approval, isYes: boolean, reason: string) => void}} Deciding */

/** What may be corrected, and to what. @type {Record<string, string[]>} */
const VALUES = {
  intent: [
    "order_status", "delivery_problem", "return", "exchange", "refund_request", "refund_status", "cancel", "change_address", "change_order", "damaged_or_wrong_item", "warranty",
    "product_question", "stock_question", "recommendation", "promo", "payment", "account", "subscription", "policy_question", "complaint", "human_request", "greeting", "thanks", "goodbye", "other",
  ],
  sentiment: ["positive", "neutral", "negative"],
  priority: ["urgent", "high", "medium", "low"],
};

/** The actions of a conversation that wait for consent. @param {Approval[]} all @param {Deciding} wiring */
export function approvals(all, wiring) {
  if (!all.length) return null;
  return el("section", { className: "part approvals" }, el("h3", null, "Waiting for approval"), ...all.map((one) => approval(one, wiring)));
}

/** @param {Approval} one @param {Deciding} wiring */
function approval(one, wiring) {
  const button = (/** @type {string} */ label, /** @type {string} */ kind, /** @type {boolean} */ isYes) =>
    el("button", { type: "button", className: `button ${kind}`, "data-decide": isYes ? "approve" : "refuse", onclick: () => confirm(one, isYes, (reason) => wiring.decide(one, isYes, reason)) }, label);
  const facts = [["Amount", one.amount || "No money moves"], ["Rule", one.why], ["Who must agree", one.who], ["Agreed so far", one.agreed.length ? words.counted(one.agreed.length, "person", "people") : ""], ["Until", words.full(one.expires_at)]];
  return el(
    "div",
    { className: "approval", "data-key": one.key },
    el("p", { className: "wants", dir: "auto" }, happens(one)),
    el("dl", { className: "facts" }, ...facts.filter(([, value]) => value).map(([name, value]) => el("div", null, el("dt", null, name), el("dd", { dir: "auto" }, value)))),
    pays(one),
    wiring.mayAct && el("p", { className: "decide" }, button("Approve", "primary", true), button("Refuse", "", false)),
  );
}

/** What agreeing pays, part by part, and where it goes. @param {Approval} one */
function pays({ parts, to, amount }) {
  if (!parts?.length) return null;
  const rows = parts.map((part) => el("tr", { className: part.amount_minor < 0 ? "less" : "" }, el("th", { scope: "row", dir: "auto" }, part.label), el("td", null, part.amount)));
  const ways = (to ?? []).map((way) => el("tr", { className: "way" }, el("th", { scope: "row", dir: "auto" }, `To ${way.method}`), el("td", null, way.amount)));
  return el("table", { className: "pays" }, el("caption", null, "What approving pays"), el("tbody", null, ...rows), el("tfoot", null, el("tr", { className: "sum" }, el("th", { scope: "row" }, "Leaves the shop"), el("td", null, amount)), ...ways));
}

/** What will happen, in one sentence. @param {Approval} one */
function happens({ action }) {
  const lines = (action.lines ?? []).map((/** @type {any} */ each) => `${each.quantity ?? 1} × ${each.sku || "item"}${each.to_sku ? ` → ${each.to_sku}` : ""}`);
  const name = words.capital(words.plain(String(action.name)));
  const method = action.method === "original" ? "to the original payment method" : action.method && `by ${words.plain(String(action.method))}`;
  const parts = [action.order ? `${name}${name.endsWith("order") ? "" : " for order"} ${action.order}` : name, lines.join(", "), action.reason && words.plain(String(action.reason)), method];
  return parts.filter(Boolean).join(" · ");
}

/** Asks once more before anything happens. @param {Approval} one @param {boolean} isYes @param {(reason: string) => void} done */
function confirm(one, isYes, done) {
  const reason = el("input", { type: "text", maxLength: 500, id: "decide-reason" });
  ask(
    isYes ? "Approve this?" : "Refuse this?",
    isYes ? "Yes, approve" : "Yes, refuse",
    () => done(reason.value),
    el("p", { dir: "auto" }, happens(one)),
    isYes && pays(one),
    el("p", { className: "quiet" }, isYes ? `${one.amount ? `${one.amount} leaves the shop` : "It is carried out"} as soon as enough people agreed.` : "Nothing is done. Tell the customer yourself."),
    !isYes && el("label", { for: "decide-reason" }, "Why (colleagues see it)"),
    !isYes && reason,
  );
}

/** Sets right what was understood of the last message. @param {Row} row @param {(field: string, value: string) => void} done */
export function correct(row, done) {
  const field = el("select", { id: "correct-field" }, ...Object.keys(VALUES).map((name) => el("option", { value: name }, words.capital(name))));
  const value = el("select", { id: "correct-value" });
  const fill = () => {
    value.replaceChildren(...VALUES[field.value].map((each) => el("option", { value: each }, words.capital(words.plain(each)))));
    const now = { intent: row.category, priority: row.priority, sentiment: "" }[field.value] ?? "";
    if (VALUES[field.value].includes(now)) value.value = now;
  };
  field.onchange = fill;
  fill();
  ask("Correct the label", "Save", () => done(field.value, value.value), el("p", { className: "quiet" }, "It counts here at once. A supervisor decides whether the assistant learns from it."), el("label", { for: "correct-field" }, "What was wrong"), field, el("label", { for: "correct-value" }, "What it is"), value);
}

/** Promises a longer time to send goods back. @param {string} order its number @param {(until: string) => void} done */
export function promise(order, done) {
  const day = el("input", { type: "date", id: "promise-until", required: true, min: inDays(0), value: inDays(14) });
  const about = "The policy keeps it: until the end of that day the goods may come back, whoever answers. Tell the customer yourself.";
  ask(`Promise time to send back ${order}?`, "Promise it", () => day.value && done(day.value), el("label", { for: "promise-until" }, "Goods may come back until"), day, el("p", { className: "quiet" }, about));
}

/** A day from today on, as a date field takes it. @param {number} days */
function inDays(days) {
  const day = new Date();
  day.setDate(day.getDate() + days);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
}

/** @param {string} title @param {string} yes @param {() => void} done @param {...(Node|false|null)} parts */
function ask(title, yes, done, ...parts) {
  const dialog = el("dialog", { className: "help ask", "aria-labelledby": "ask-title" });
  const form = el("form", { method: "dialog" }, el("h2", { id: "ask-title" }, title), ...parts, el("p", { className: "decide" }, el("button", { type: "submit", className: "button primary", value: "yes" }, icon("check"), yes), el("button", { type: "submit", className: "button", value: "", formNoValidate: true }, "Cancel")));
  dialog.append(form);
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "yes") done();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
