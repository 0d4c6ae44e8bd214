// @ts-check
/**
 * The lines of the transcript: one item per message, day, notice or message still on its way. An item knows how to make
 * its node once and how to bring the parts of it that change up to date, so that nothing is read out twice.
 */
import { drawCard } from "./cards.js";
import { el, icon, link, plainName, rich, safeLink } from "./dom.js";
import { cardKey } from "./log.js";

const GROUP_WITHIN_MS = 5 * 60_000;
const CHANGED_SHOWS_MS = 8_000;

/** @typedef {{key: string, make: () => HTMLElement, sync: (node: HTMLElement) => void}} Item */
/** @typedef {{chat: import("./chat.js").Chat, words: import("./words.js").Words, newAfter: number|null}} View */
/** @typedef {{key: string, from: "me"|"us"|"system", author: string, role: string, text: string, at: Date, attachments: import("../types.js").Attachment[], message?: import("../types.js").MsgFrame, entry?: import("../types.js").Entry}} Said */

/** @param {View} view @returns {Item[]} */
export function items(view) {
  const said = [...view.chat.log.messages.map((message) => fromLog(view, message)), ...view.chat.outgoing.map((entry) => fromOutbox(view, entry))];
  const all = [intro(view, said.length === 0)];
  const lastOfMine = said.findLast((one) => one.from === "me");
  const firstNew = said.find((one) => view.newAfter !== null && one.from !== "me" && (one.message?.seq ?? 0) > view.newAfter);
  said.forEach((one, at) => {
    const before = said[at - 1];
    if (!before || dayOf(before.at) !== dayOf(one.at)) all.push(day(view, one.at));
    if (one === firstNew) all.push(line("new", "new-line", view.words.say("newLine")));
    all.push(bubble(view, one, { first: !joins(before, one), last: !joins(one, said[at + 1]), newest: at === said.length - 1, status: one === lastOfMine }));
  });
  const title = view.chat.viewed ? undefined : view.chat.joined.get(view.chat.conv);
  if (title) all.splice(1, 0, line("joined", "notice", view.words.say("joined", { title })));
  return all;
}

/**
 * @param {View} view
 * @param {import("../types.js").MsgFrame} message
 * @returns {Said}
 */
function fromLog(view, message) {
  const { type, name } = message.author;
  const from = type === "customer" ? "me" : type === "system" ? "system" : "us";
  const role = type === "assistant" ? view.words.say("assistantRole") : type === "agent" ? view.words.say("agentRole", { shop: view.chat.settings?.shop.name ?? "" }) : "";
  const author = from === "me" ? view.words.say("you") : plainName(name);
  return { key: message.cid ?? message.id, from, author, role, text: message.text, at: new Date(message.ts), attachments: message.attachments ?? [], message };
}

/**
 * @param {View} view
 * @param {import("../types.js").Entry} entry
 * @returns {Said}
 */
function fromOutbox(view, entry) {
  return { key: entry.cid, from: "me", author: view.words.say("you"), role: "", text: entry.text, at: new Date(entry.at), attachments: entry.attachments, entry };
}

/**
 * @param {Said|undefined} one
 * @param {Said|undefined} next
 */
function joins(one, next) {
  if (!one || !next || one.from !== next.from || one.author !== next.author || one.role !== next.role) return false;
  return dayOf(one.at) === dayOf(next.at) && next.at.getTime() - one.at.getTime() < GROUP_WITHIN_MS;
}

/** @param {Date} at */
function dayOf(at) {
  return at.toDateString();
}

/**
 * @param {View} view
 * @param {Date} at
 * @returns {Item}
 */
function day({ words }, at) {
  return {
    key: `day ${dayOf(at)}`,
    make: () => el("li", { className: "day" }, el("time", { dateTime: at.toISOString().slice(0, 10) })),
    sync: (node) => setText(/** @type {HTMLElement} */ (node.firstChild), words.day(at)),
  };
}

/**
 * @param {string} key
 * @param {string} className
 * @param {string} text
 * @returns {Item}
 */
function line(key, className, text) {
  return { key, make: () => el("li", { className, dir: "auto" }, el("span", null, text)), sync: () => {} };
}

/**
 * Who answers here, before the first word; and, while nothing was said, what can be asked.
 * @param {View} view
 * @param {boolean} empty
 * @returns {Item}
 */
function intro({ chat, words }, empty) {
  const { settings } = chat;
  const name = plainName(settings?.assistant.name ?? "");
  const replies = (settings && empty && !chat.viewed && settings.quick_replies) || [];
  return {
    key: `intro ${words.locale} ${name} ${settings?.greeting ?? ""}`,
    make: () =>
      el(
        "li",
        { className: "intro" },
        name && el("p", { className: "notice" }, icon("spark"), el("span", null, words.say("notice", { name }))),
        name && el("div", { className: "message us first last" }, face("assistant", name), el("div", { className: "stack" }, byline(name, words.say("assistantRole")), el("div", { className: "bubble", dir: "auto" }, ...rich(settings?.greeting || words.say("greeting"))))),
        el("div", { className: "choices suggestions" }),
      ),
    sync: (node) => syncChoices(/** @type {HTMLElement} */ (node.lastChild), replies.map((label) => ({ label, value: "" })), words.say("suggestions"), (choice) => chat.say(choice.label)),
  };
}

/**
 * @param {string} author
 * @param {string} role
 */
function byline(author, role) {
  return el("p", { className: "byline" }, el("bdi", { className: "author" }, author), role && el("span", { className: "role" }, role));
}

/**
 * @param {"assistant"|"agent"} type
 * @param {string} name
 */
export function face(type, name) {
  const sign = type === "assistant" ? icon("spark") : el("span", null, [...name.trim()][0]?.toLocaleUpperCase() ?? "");
  return el("span", { className: `face ${type}`, "aria-hidden": "true" }, sign);
}

/**
 * @param {View} view
 * @param {Said} said
 * @param {{first: boolean, last: boolean, newest: boolean, status: boolean}} place
 * @returns {Item}
 */
function bubble(view, said, place) {
  return { key: said.key, make: () => makeBubble(said), sync: (node) => syncBubble(view, said, place, node) };
}

/** @param {Said} said */
function makeBubble(said) {
  const type = said.message?.author.type === "agent" ? "agent" : "assistant";
  return el(
    "li",
    null,
    said.from === "us" && face(type, said.author),
    el(
      "div",
      { className: "stack" },
      said.from === "us" ? byline(said.author, said.role) : el("span", { className: "unseen" }, `${said.author}: `),
      said.text && el("div", { className: "bubble", dir: "auto", lang: said.message?.lang ?? "" }, ...rich(said.text)),
      ...said.attachments.map(attachment),
      el("div", { className: "card-place" }),
      el("p", { className: "meta" }),
      el("div", { className: "choices" }),
    ),
  );
}

/**
 * @param {View} view
 * @param {Said} said
 * @param {{first: boolean, last: boolean, newest: boolean, status: boolean}} place
 * @param {HTMLElement} node
 */
function syncBubble(view, said, place, node) {
  const state = said.entry?.status === "sent" ? "" : (said.entry?.status ?? "");
  setClass(node, `message ${said.from}${place.first ? " first" : ""}${place.last ? " last" : ""} ${state}`.trim());
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (node.querySelector(`:scope > .stack > ${selector}`));
  syncCard(view, said, find(".card-place"));
  syncMeta(view, said, place, find(".meta"));
  const open = place.newest && !view.chat.viewed && said.message?.choices ? said.message.choices : [];
  syncChoices(find(".choices"), open, view.words.say("suggestions"), (choice) => view.chat.say(choice.label, [], choice.value));
}

/**
 * @param {View} view
 * @param {Said} said
 * @param {HTMLElement} place
 */
function syncCard({ chat, words }, said, place) {
  const own = said.message?.card;
  if (!own) return;
  const card = chat.log.cards.get(cardKey(own)) ?? own;
  const now = JSON.stringify([card, words.locale]);
  if (place.dataset.card === now) return;
  const changed = place.dataset.card !== undefined && place.dataset.locale === words.locale;
  place.dataset.card = now;
  place.dataset.locale = words.locale;
  place.replaceChildren(drawCard(card, words, changed));
  if (changed) setTimeout(() => settleCard(place, now), CHANGED_SHOWS_MS);
}

/**
 * @param {HTMLElement} place
 * @param {string} shown the state that the mark belongs to
 */
function settleCard(place, shown) {
  if (place.dataset.card !== shown) return;
  place.firstElementChild?.classList.remove("changed");
  place.querySelector(".pill")?.remove();
}

/**
 * @param {View} view
 * @param {Said} said
 * @param {{last: boolean, status: boolean}} place
 * @param {HTMLElement} meta
 */
function syncMeta(view, said, place, meta) {
  const { words } = view;
  const status = said.from === "me" ? statusOf(view, said, place.status) : "";
  const failed = said.entry?.status === "failed";
  const shown = place.last || failed || status !== "";
  const now = shown ? `${status}|${words.locale}` : "";
  if (meta.dataset.shown === now) return;
  meta.dataset.shown = now;
  meta.hidden = !shown;
  if (failed) return meta.replaceChildren(...failure(view, said));
  const time = el("time", { dateTime: said.at.toISOString(), title: words.full(said.at) }, words.time(said.at));
  return meta.replaceChildren(time, status && el("span", { className: "status" }, ` · ${status}`) || "");
}

/**
 * @param {View} view
 * @param {Said} said
 * @param {boolean} newest of the customer's messages
 */
function statusOf({ chat, words }, { entry, message }, newest) {
  if (entry?.status === "failed") return `failed ${entry.failed}`;
  if (entry?.status === "pending") return words.say(chat.phase === "open" ? "pending" : "waiting");
  if (!newest) return "";
  return words.say(message && message.seq <= chat.log.readByThem ? "read" : "sent");
}

/**
 * @param {View} view
 * @param {Said} said
 */
function failure({ chat, words }, { key, entry }) {
  const wire = `error_${entry?.failed}`;
  const why = words.say(entry?.failed === "timeout" ? "errorTimeout" : words.has(wire) ? wire : "errorOther");
  return [
    el("span", { className: "why" }, `${words.say("failed")} ${why} `),
    el("button", { type: "button", className: "inline", onclick: () => chat.outbox.retry(key) }, words.say("retry")),
    " ",
    el("button", { type: "button", className: "inline", onclick: () => chat.outbox.discard(key) }, words.say("discard")),
  ];
}

/**
 * @param {HTMLElement} place
 * @param {import("../types.js").Choice[]} choices
 * @param {string} label
 * @param {(choice: import("../types.js").Choice) => void} choose
 */
function syncChoices(place, choices, label, choose) {
  const now = JSON.stringify(choices);
  if (place.dataset.choices === now) return;
  place.dataset.choices = now;
  place.hidden = choices.length === 0;
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", label);
  place.replaceChildren(...choices.map((choice) => el("button", { type: "button", className: "choice", dir: "auto", onclick: () => choose(choice) }, choice.label)));
}

/** @param {import("../types.js").Attachment} file */
function attachment(file) {
  const address = safeLink(file.url);
  const picture = address && file.type.startsWith("image/") && file.type !== "image/heic" && new URL(address).origin === location.origin;
  const shown = picture ? el("img", { src: address, alt: file.name, loading: "lazy", decoding: "async" }) : el("span", { className: "file" }, icon("file"), el("bdi", null, file.name));
  if (!address) return shown;
  const anchor = link(address, shown);
  anchor.className = picture ? "picture" : "file-link";
  return anchor;
}

/**
 * @param {HTMLElement} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {HTMLElement} node
 * @param {string} name
 */
function setClass(node, name) {
  if (node.className !== name) node.className = name;
}
