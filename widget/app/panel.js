// @ts-check
/**
 * The panel: heading, state of the conversation, transcript and composer. Draws what the chat holds, at most once per
 * task, and reports back only what the screen knows: whether the customer can see the end of the thread.
 */
import { Composer } from "./composer.js";
import { el, icon, plainName } from "./dom.js";
import { face, items } from "./messages.js";

const NEAR_END_PX = 48;
const LOST_SHOWS_AFTER_MS = 1_200;

export class Panel {
  /** Where the line "new" is drawn: after this number. @type {number|null} */
  newAfter = null;
  #chat;
  #words;
  #open = false;
  #queued = false;
  #atEnd = true;
  #listing = false;
  #lostSince = 0;
  /** @type {Map<string, HTMLElement>} */
  #nodes = new Map();
  /** @type {{status: HTMLElement, list: HTMLOListElement, log: HTMLElement}} */
  #at;

  /**
   * @param {import("./chat.js").Chat} chat
   * @param {import("./words.js").Words} words
   * @param {{close: () => void, restart: () => void}} does
   */
  constructor(chat, words, does) {
    this.#chat = chat;
    this.#words = words;
    this.does = does;
    this.title = el("h1", { tabIndex: -1 });
    this.under = el("p", { className: "under-title" });
    this.avatar = el("span", { className: "head-face" });
    this.toList = this.#button("list", () => this.#showList(!this.#listing));
    this.toClose = this.#button("close", () => does.close());
    this.banner = el("div", { className: "banner", hidden: true });
    this.strip = el("div", { className: "strip", hidden: true });
    this.newer = el("button", { type: "button", className: "newer", hidden: true, onclick: () => this.#toEnd(true) });
    this.typing = el("div", { className: "typing", hidden: true });
    this.threads = el("section", { className: "threads", hidden: true });
    const list = el("ol");
    const log = el("div", { className: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", tabIndex: 0 }, list, this.typing);
    this.#at = { status: el("p", { className: "unseen", role: "status" }), list, log };
    this.composer = new Composer(chat, words, () => this.#sent());
    this.node = el(
      "main",
      { className: "panel" },
      el("header", { className: "head" }, this.avatar, el("div", { className: "titles" }, this.title, this.under), this.toList, this.toClose),
      this.banner,
      this.strip,
      el("div", { className: "middle" }, log, this.newer, this.threads),
      this.composer.node,
      this.#at.status,
    );
    this.#listen();
  }

  /** Draws soon, however often it is asked. A timer and not a frame: a hidden panel gets no frames. */
  draw() {
    if (this.#queued) return;
    this.#queued = true;
    setTimeout(() => {
      this.#queued = false;
      this.#draw();
    });
  }

  /** Says something to people who listen rather than look. @param {string} words */
  announce(words) {
    if (this.#at.status.textContent !== words) this.#at.status.textContent = words;
  }

  /** @param {boolean} withFocus the text field, or on small screens the heading, gets the focus */
  show(withFocus) {
    this.#open = true;
    this.newAfter = this.#chat.unread ? this.#chat.log.readByMe : null;
    this.#draw();
    this.#toEnd(false);
    if (withFocus) this.focus();
  }

  hide() {
    this.#open = false;
    this.newAfter = null;
    this.#showList(false);
  }

  /** A heading on touch screens: the field would open the keyboard over the conversation. */
  focus() {
    const touch = matchMedia("(pointer: coarse)").matches;
    (touch ? this.title : this.composer.text).focus({ preventScroll: true });
  }

  #listen() {
    const { log } = this.#at;
    log.onscroll = () => {
      this.#atEnd = log.scrollTop > this.#endTop() - NEAR_END_PX;
      if (this.#atEnd) this.draw();
    };
    for (const type of ["focus", "blur", "online", "offline"]) addEventListener(type, () => this.draw());
    document.addEventListener("visibilitychange", () => this.draw());
    new ResizeObserver(() => this.#atEnd && this.#toEnd(false)).observe(log);
    new ResizeObserver(() => this.#atEnd && this.#toEnd(false)).observe(this.#at.list);
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      if (this.#listing) this.#showList(false);
      else this.does.close();
    });
  }

  /**
   * @param {"list"|"close"|"back"} name
   * @param {() => void} onclick
   */
  #button(name, onclick) {
    return el("button", { type: "button", className: "icon-button", onclick }, icon(name));
  }

  #draw() {
    this.#drawHead();
    this.#drawBanner();
    this.#drawStrip();
    this.#drawLog();
    this.#drawTyping();
    this.#drawThreads();
    this.composer.draw();
    if (this.#atEnd) this.#toEnd(false);
    this.#drawNewer();
    this.#markRead();
  }

  #drawHead() {
    const { settings, log } = this.#chat;
    const shop = settings?.shop.name ?? this.#words.say("support");
    text(this.title, shop);
    const owner = log.state?.owner;
    const person = owner?.type === "agent" ? plainName(owner.name) : "";
    const assistant = plainName(settings?.assistant.name ?? "");
    const name = person || assistant;
    const line = person ? this.#words.say("withPerson", { name: person }) : assistant && `${assistant} · ${this.#words.say("assistantRole")}`;
    text(this.under, line);
    if (this.avatar.dataset.of !== `${person}|${assistant}`) {
      this.avatar.dataset.of = `${person}|${assistant}`;
      this.avatar.replaceChildren(...(name ? [face(person ? "agent" : "assistant", name)] : []));
    }
    label(this.toList, this.#words.say("threads"));
    label(this.toClose, this.#words.say("close"));
    this.toList.setAttribute("aria-expanded", String(this.#listing));
    this.toList.hidden = this.#chat.threads.length === 0;
    label(this.#at.log, this.#words.say("log"));
  }

  /** A lost connection shows only when it lasts: a reconnect within a second is nobody's business. */
  #drawBanner() {
    const { phase } = this.#chat;
    const lost = phase === "waiting" || (phase === "connecting" && this.#lostSince > 0);
    if (lost && !this.#lostSince) {
      this.#lostSince = Date.now();
      setTimeout(() => this.draw(), LOST_SHOWS_AFTER_MS);
    }
    if (!lost) this.#lostSince = 0;
    const key = this.#bannerKey();
    if (this.banner.dataset.key === key) return;
    const before = this.banner.dataset.key;
    this.banner.dataset.key = key;
    this.banner.hidden = key === "";
    this.banner.replaceChildren(...this.#bannerParts());
    if (key) this.announce(this.banner.firstElementChild?.textContent ?? "");
    else if (before && phase === "open") this.announce(this.#words.say("connected"));
  }

  #bannerKey() {
    const { phase, stopCode } = this.#chat;
    if (phase === "stopped") return stopCode === 1000 ? "" : `stopped ${stopCode} ${this.#words.locale}`;
    if (!navigator.onLine && phase !== "open") return `offline ${this.#words.locale}`;
    const shown = this.#lostSince > 0 && Date.now() - this.#lostSince >= LOST_SHOWS_AFTER_MS;
    return shown ? `lost ${this.#words.locale}` : "";
  }

  #bannerParts() {
    const key = this.banner.dataset.key ?? "";
    if (key.startsWith("offline")) return [el("span", null, this.#words.say("offline"))];
    if (key.startsWith("lost")) return [el("span", null, this.#words.say("reconnecting"))];
    if (!key) return [];
    const { stopCode } = this.#chat;
    if (stopCode < 1000) return [el("span", null, this.#words.say("stopRefused"))];
    const act = (/** @type {import("./words.js").Key} */ says, /** @type {import("./words.js").Key} */ does, /** @type {() => void} */ onclick) => [
      el("span", null, this.#words.say(says)),
      el("button", { type: "button", className: "inline", onclick }, this.#words.say(does)),
    ];
    if (stopCode === 4409) return act("stopReplaced", "stopUseHere", () => void this.#chat.start());
    if (stopCode === 4403) return act("stopEnded", "stopAnew", () => this.does.restart());
    return act("stopOther", "stopAgain", () => location.reload());
  }

  /** What the customer should know about the state of the thread: who owns it, when somebody answers, that it is done. */
  #drawStrip() {
    const words = this.#chat.viewed ? this.#words.say("readOnly") : this.#stateWords();
    if (this.strip.dataset.words === words) return;
    this.strip.dataset.words = words;
    this.strip.hidden = words === "";
    const back = this.#chat.viewed && el("button", { type: "button", className: "inline", onclick: () => this.#chat.view(null) }, this.#words.say("toCurrent"));
    this.strip.replaceChildren(el("span", null, words), back || "");
    if (words && this.#chat.settled) this.announce(words);
  }

  #stateWords() {
    const { log, settings } = this.#chat;
    const status = log.state?.status;
    if (status === "resolved") return this.#words.say("resolved");
    if (status === "closed") return this.#words.say("closed");
    if (log.state?.owner?.type !== "queue") return "";
    const agents = log.state.agents ?? settings?.agents;
    if (agents?.online) return this.#words.say("queueOnline");
    const back = agents?.back_at ? new Date(agents.back_at) : null;
    return back ? this.#words.say("queueAt", { when: this.#words.moment(back) }) : this.#words.say("queueAway");
  }

  #drawLog() {
    const { list, log } = this.#at;
    log.setAttribute("aria-busy", String(!this.#chat.settled));
    if (!this.#chat.settings) return;
    const wanted = items({ chat: this.#chat, words: this.#words, newAfter: this.newAfter });
    const keys = new Set(wanted.map((item) => item.key));
    for (const [key, node] of this.#nodes) if (!keys.has(key)) this.#nodes.delete(key), node.remove();
    wanted.forEach((item, at) => {
      const node = this.#nodes.get(item.key) ?? item.make();
      this.#nodes.set(item.key, node);
      item.sync(node);
      if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
    });
  }

  #drawTyping() {
    const who = this.#chat.viewed ? undefined : this.#chat.typing.get(this.#chat.conv);
    this.typing.hidden = !who;
    if (!who) return this.typing.replaceChildren();
    const words = this.#words.say("typing", { name: plainName(who.name) });
    if (this.typing.textContent === words) return;
    this.typing.replaceChildren(el("span", { className: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), el("span", null, words));
    this.announce(words);
  }

  #drawNewer() {
    const { unread } = this.#chat;
    this.newer.hidden = this.#atEnd || unread === 0 || this.#chat.viewed !== null;
    if (!this.newer.hidden) this.newer.replaceChildren(icon("down"), this.#words.say("newMessages", { count: unread }));
  }

  #drawThreads() {
    this.threads.hidden = !this.#listing;
    if (!this.#listing) return;
    const rows = this.#chat.threads.map((thread) => this.#threadRow(thread));
    this.threads.replaceChildren(el("h2", { tabIndex: -1 }, this.#words.say("threads")), rows.length ? el("ul", null, ...rows) : el("p", null, this.#words.say("noThreads")));
  }

  /** @param {import("../types.js").ThreadEntry} thread */
  #threadRow(thread) {
    const states = /** @type {const} */ ({ new: "statusNew", open: "statusOpen", pending: "statusPending", resolved: "statusResolved", closed: "statusClosed" });
    const at = new Date(thread.last_at);
    const open = () => {
      this.#showList(false);
      this.#chat.view(thread.conv);
      this.#toEnd(false);
    };
    return el(
      "li",
      null,
      el(
        "button",
        { type: "button", onclick: open },
        el("span", { className: "thread-title", dir: "auto" }, thread.title || this.#words.say("threadUntitled")),
        el("span", { className: "thread-under" }, el("time", { dateTime: thread.last_at, title: this.#words.full(at) }, this.#words.day(at)), ` · ${this.#words.say(states[thread.status] ?? "statusOpen")}`),
      ),
    );
  }

  /** @param {boolean} on */
  #showList(on) {
    if (this.#listing === on) return;
    this.#listing = on;
    this.#at.log.inert = on;
    this.#draw();
    if (on) this.threads.querySelector("button")?.focus();
    else this.toList.focus();
  }

  #sent() {
    this.newAfter = null;
    this.#atEnd = true;
    this.draw();
  }

  /** Where the end is read from: an answer that is taller than the window begins at its first line. */
  #endTop() {
    const { log, list } = this.#at;
    const end = log.scrollHeight - log.clientHeight;
    const newest = list.lastElementChild;
    const top = newest instanceof HTMLElement && newest.classList.contains("us") ? newest.offsetTop - 12 : end;
    return Math.min(end, top);
  }

  /** @param {boolean} smooth */
  #toEnd(smooth) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#at.log.scrollTo({ top: this.#endTop(), behavior: smooth && !calm ? "smooth" : "instant" });
    this.#atEnd = true;
  }

  #markRead() {
    const looking = this.#open && document.visibilityState === "visible" && document.hasFocus();
    if (looking && this.#atEnd && !this.#listing && !this.#chat.viewed && this.#chat.settled) this.#chat.markRead();
  }
}

/**
 * @param {HTMLElement} node
 * @param {string} words
 */
function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/**
 * @param {HTMLElement} node
 * @param {string} words
 */
function label(node, words) {
  if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
  if (node.tagName === "BUTTON") node.title = words;
}
