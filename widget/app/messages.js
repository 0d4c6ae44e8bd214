// @ts-check
/**
 * The lines of the transcript: one item per message, day, notice or message still on its way. An item knows how to make
 * its node once and how to bring the parts of it that change up to date, so that nothing is read out twice.
 */
import { drawCard } from "./cards.js";
import { button, el, icon, link, plainName, rich, safeLink, setText } from "./dom.js";
import { cardKey } from "./log.js";

const GROUP_WITHIN_MS = 5 * 60_000;
const CHANGED_SHOWS_MS = 8_000;

/** @typedef {{key: string, make: () => HTMLElement, sync?: (node: HTMLElement) => void}} Item */
/** @typedef {{chat: import("./chat.js").Chat, words: import("./words.js").Words, newAfter: number|null}} View */
/** @typedef {{key: string, from: "me"|"us"|"system", author: string, role: string, text: string, at: Date, attachments: Attachment[],
 *   message?: MsgFrame, entry?: Entry}} Said */
/** @typedef {{first: boolean, last: boolean, newest: boolean, latestOfMine: boolean}} Place */

/** @param {View} view @returns {Item[]} */
export function items(view) {
  const { chat, words } = view;
  const messages = chat.log.conv === chat.writing?.conv ? [...chat.log.messages, chat.writing] : chat.log.messages;
  const said = [...messages.map((message) => fromLog(view, message)), ...chat.outgoing.map((entry) => fromOutbox(view, entry))];
  const all = [intro(view, !said.length && !chat.viewed)];
  const title = chat.viewed ? "" : chat.joined.get(chat.conv);
  if (title) all.push(line("joined", "notice", words.say("joined", { title })));
  const latestOfMine = said.findLast((one) => one.from === "me");
  const firstNew = said.find((one) => view.newAfter !== null && one.from !== "me" && (one.message?.seq ?? 0) > view.newAfter);
  said.forEach((one, at) => {
    const [before, next] = [said[at - 1], said[at + 1]];
    if (before?.at.toDateString() !== one.at.toDateString()) all.push(day(view, one.at));
    if (one === firstNew) all.push(line("new", "new-line", words.say("newLine")));
    const place = { first: !joins(before, one), last: !joins(one, next), newest: !next, latestOfMine: one === latestOfMine };
    all.push({ key: one.key, make: () => makeBubble(one), sync: (node) => syncBubble(view, one, place, node) });
  });
  return all;
}

/**
 * @param {View} view
 * @param {MsgFrame} message
 * @returns {Said}
 */
function fromLog({ chat, words }, message) {
  const { author, attachments = [], text } = message;
  const from = author.type === "customer" ? "me" : author.type === "system" ? "system" : "us";
  const role = author.type === "assistant" ? words.say("assistantRole") : (chat.settings?.shop.name ?? "");
  const name = from === "me" ? words.say("you") : plainName(author.name);
  return { key: message.cid ?? message.id, from, author: name, role, text, at: new Date(message.ts), attachments, message };
}

/**
 * @param {View} view
 * @param {Entry} entry
 * @returns {Said}
 */
function fromOutbox({ words }, entry) {
  const { cid: key, text, attachments } = entry;
  return { key, from: "me", author: words.say("you"), role: "", text, at: new Date(entry.at), attachments, entry };
}

/**
 * @param {Said} [one]
 * @param {Said} [next]
 */
function joins(one, next) {
  if (!one || !next || one.from !== next.from || one.author !== next.author || one.role !== next.role) return false;
  return one.at.toDateString() === next.at.toDateString() && +next.at - +one.at < GROUP_WITHIN_MS;
}

/**
 * @param {View} view
 * @param {Date} at
 * @returns {Item}
 */
function day({ words }, at) {
  const make = () => el("li", { className: "day" }, el("time", { dateTime: at.toISOString().slice(0, 10) }));
  return { key: at.toDateString(), make, sync: (node) => setText(node.firstElementChild, words.day(at)) };
}

/**
 * @param {string} key
 * @param {string} className
 * @param {string} text
 * @returns {Item}
 */
function line(key, className, text) {
  return { key, make: () => el("li", { className, dir: "auto" }, text) };
}

/**
 * Who answers here, before the first word; and, while nothing was said, what can be asked.
 * @param {View} view
 * @param {boolean} empty
 * @returns {Item}
 */
function intro({ chat, words }, empty) {
  const { greeting = "", quick_replies: replies = [], assistant, help } = chat.settings ?? {};
  const name = plainName(assistant?.name);
  const stack = () => el("div", { className: "stack" }, byline(name, words.say("assistantRole")), el("div", { className: "bubble", dir: "auto" }, ...rich(greeting)));
  return {
    key: words.locale + name + greeting,
    make: () =>
      el(
        "li",
        { className: "intro" },
        el("p", { className: "notice" }, icon("spark"), el("span", null, words.say("notice", { name }))),
        greeting && el("div", { className: "message us first" }, face("assistant", name), stack()),
        el("div", { className: "choices" }),
      ),
    sync: (node) => {
      const choices = empty ? [...replies, help ?? ""].filter(Boolean).map((label) => ({ label, value: "" })) : [];
      syncChoices(node.lastElementChild, choices, ({ label }) => (label === help ? import("../help/help.js").then((it) => it.show(label)) : chat.say(label)));
    },
  };
}

/**
 * @param {string} author
 * @param {string} role
 */
function byline(author, role) {
  return el("p", { className: "byline" }, el("bdi", null, author), el("span", null, role));
}

/**
 * @param {string} type
 * @param {string} name
 */
export function face(type, name) {
  return el("span", { className: `face ${type}`, "aria-hidden": "true" }, type === "agent" ? [...name][0]?.toUpperCase() : icon("spark"));
}

/** @param {Said} said */
function makeBubble({ from, author, role, text, message, attachments }) {
  const us = from === "us";
  return el(
    "li",
    null,
    us && face(message?.author.type ?? "", author),
    el(
      "div",
      { className: "stack" },
      us ? byline(author, role) : el("span", { className: "unseen" }, `${author}: `),
      text && el("div", { className: "bubble", dir: "auto", lang: message?.lang ?? "" }, ...rich(text)),
      ...attachments.map(attachment),
      el("div", { className: "card-place" }),
      el("p", { className: "meta" }),
      el("div", { className: "choices" }),
    ),
  );
}

/**
 * @param {View} view
 * @param {Said} said
 * @param {Place} place
 * @param {HTMLElement} node
 */
function syncBubble(view, said, place, node) {
  if (said.key === view.chat.writing?.id) {
    // Nothing of it is read out: the message that takes its place is.
    node.ariaBusy = "true";
    node.querySelector(".bubble")?.replaceChildren(...rich(said.text));
  }
  const [card, meta, choices] = [...(node.lastElementChild?.children ?? [])].slice(-3);
  node.className = `message ${said.from} ${place.first ? "first" : ""} ${place.last ? "last" : ""} ${said.entry?.status ?? ""}`;
  syncCard(view, said.message?.card, /** @type {HTMLElement} */ (card));
  syncMeta(view, said, place, /** @type {HTMLElement} */ (meta));
  const open = (place.newest && !view.chat.viewed && said.message?.choices) || [];
  syncChoices(choices, open, ({ label, value }) => view.chat.say(label, [], value));
}

/**
 * Every card of an order shows its newest state, marked for a while when it changed before one's eyes.
 * @param {View} view
 * @param {Card|null|undefined} own
 * @param {HTMLElement} place
 */
function syncCard({ chat, words }, own, place) {
  if (!own) return;
  const card = chat.log.cards.get(cardKey(own)) ?? own;
  const now = words.locale + JSON.stringify(card);
  const { shown } = place.dataset;
  if (shown === now) return;
  const changed = Boolean(shown?.startsWith(words.locale));
  place.dataset.shown = now;
  place.replaceChildren(drawCard(card, words, changed));
  if (changed) setTimeout(() => place.dataset.shown === now && place.replaceChildren(drawCard(card, words, false)), CHANGED_SHOWS_MS);
}

/**
 * @param {View} view
 * @param {Said} said
 * @param {Place} place
 * @param {HTMLElement} meta
 */
function syncMeta(view, said, place, meta) {
  const status = said.from === "me" ? statusOf(view, said, place) : "";
  const now = status + view.words.locale;
  meta.hidden = !place.last && !status;
  if (meta.dataset.shown === now) return;
  meta.dataset.shown = now;
  const time = el("time", { dateTime: said.at.toISOString(), title: view.words.full(said.at) }, view.words.time(said.at));
  meta.replaceChildren(...(said.entry?.status === "failed" ? failure(view, said.entry) : [time, status && ` · ${status}`]));
}

/**
 * @param {View} view
 * @param {Said} said
 * @param {Place} place
 */
function statusOf({ chat, words }, { entry, message }, { latestOfMine }) {
  if (entry?.failed) return entry.failed;
  if (entry?.status === "pending") return words.say(chat.phase === "open" ? "pending" : "waiting");
  return latestOfMine ? words.say(message && message.seq <= chat.log.readByThem ? "read" : "sent") : "";
}

/**
 * @param {View} view
 * @param {Entry} entry
 */
function failure({ chat, words }, { cid, failed }) {
  const why = words.say(/** @type {"error_rate"} */ (`error_${failed}`)) || words.say("errorOther");
  return [
    el("span", null, `${words.say("failed")} ${why} `),
    button("inline", () => chat.outbox.retry(cid), words.say("retry")),
    button("inline", () => chat.outbox.seen(cid), words.say("discard")),
  ];
}

/**
 * @param {Element|null} place
 * @param {Choice[]} choices
 * @param {(choice: Choice) => void} choose
 */
function syncChoices(place, choices, choose) {
  const now = JSON.stringify(choices);
  if (!(place instanceof HTMLElement) || place.dataset.shown === now) return;
  place.dataset.shown = now;
  place.replaceChildren(...choices.map((choice) => button("choice", () => choose(choice), el("span", { dir: "auto" }, choice.label))));
}

/** @param {Attachment} file */
function attachment({ url, type, name }) {
  const address = safeLink(url);
  const picture = /^image\/(?!hei)/.test(type) && address.startsWith(location.origin);
  return picture
    ? link(address, "picture", el("img", { src: address, alt: name }))
    : (address ? link(address, "file", icon("file"), el("bdi", null, name)) : el("span", { className: "file" }, icon("file"), el("bdi", null, name)));
}
