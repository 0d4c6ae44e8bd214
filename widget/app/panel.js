// @ts-check
/**
 * The panel: heading, state of the conversation, transcript and composer. Draws what the chat holds, at most once per
 * task, and reports back only what the screen knows: whether the customer can see the end of the thread.
 */
import { Composer } from "./composer.js";
import { button, el, icon, plainName, setLabel, setText } from "./dom.js";
import { face, items } from "./messages.js";

const NEAR_END_PX = 48;
const LOST_SHOWS_AFTER_MS = 1_200;

export class Panel {
  #chat;
  #words;
  #does;
  #open = false;
  #queued = false;
  #atEnd = true;
  /** Where the log was put last: higher up than this, somebody scrolled, also while the event is still to come. */
  #restTop = 0;
  #listing = false;
  #lostSince = 0;
  /** Where the line "new" is drawn: after this number. @type {number|null} */
  #newAfter = null;
  /** @type {Map<string, HTMLElement>} */
  #nodes = new Map();
  #title = el("h1", { tabIndex: -1 });
  #under = el("p", { className: "under-title" });
  #face = el("span", { className: "head-face" });
  #toList = button("icon-button", () => this.#showList(!this.#listing), icon("list"));
  #toClose = button("icon-button", () => this.#does.close(), icon("close"));
  #banner = el("div", { className: "banner" });
  #strip = el("div", { className: "strip" });
  #newer = button("newer", () => this.#toEnd(true));
  #typing = el("p", { className: "typing" });
  #threads = el("section", { className: "threads" });
  #list = el("ol");
  #log = el("div", { className: "log", role: "log", "aria-live": "polite", tabIndex: 0 }, this.#list, this.#typing);
  #status = el("p", { className: "unseen", role: "status" });

  /**
   * @param {import("./chat.js").Chat} chat
   * @param {import("./words.js").Words} words
   * @param {{close: () => void, restart: () => void}} does
   */
  constructor(chat, words, does) {
    this.#chat = chat;
    this.#words = words;
    this.#does = does;
    this.composer = new Composer(chat, words, () => this.#sent());
    this.node = el(
      "main",
      { className: "panel" },
      el("header", { className: "head" }, this.#face, el("div", { className: "titles" }, this.#title, this.#under), this.#toList, this.#toClose),
      this.#banner,
      this.#strip,
      el("div", { className: "middle" }, this.#log, this.#newer, this.#threads),
      this.composer.node,
      this.#status,
    );
    this.#listen();
  }

  /** Draws soon, however often it is asked. A timer and not a frame: a hidden panel gets no frames. */
  draw() {
    if (!this.#queued) setTimeout(() => this.#draw());
    this.#queued = true;
  }

  /** Says something to people who listen rather than look. @param {string} words */
  announce(words) {
    setText(this.#status, words);
  }

  /** Into the sight and the focus of the customer; on touch screens the field would open the keyboard over the text. */
  show() {
    this.#open = true;
    this.#newAfter = this.#chat.unread ? this.#chat.log.readByMe : null;
    this.#draw();
    this.#toEnd(false);
    (matchMedia("(pointer: coarse)").matches ? this.#title : this.composer.text).focus();
  }

  hide() {
    this.#open = false;
    this.#newAfter = null;
    this.#showList(false);
  }

  #listen() {
    const stay = new ResizeObserver(() => this.#stay());
    stay.observe(this.#log);
    stay.observe(this.#list);
    this.#log.onscroll = () => {
      this.#look();
      if (this.#atEnd) this.draw();
    };
    for (const type of ["focus", "online", "offline", "visibilitychange"]) addEventListener(type, () => this.draw());
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      if (this.#listing) this.#showList(false);
      else this.#does.close();
    });
  }

  #draw() {
    this.#queued = false;
    this.#drawHead();
    this.#drawBanner();
    this.#drawStrip();
    this.#drawLog();
    this.#drawTyping();
    this.composer.draw();
    this.#stay();
    this.#drawNewer();
    this.#markRead();
  }

  #drawHead() {
    const { settings, log, threads } = this.#chat;
    const { owner } = log.state ?? {};
    const person = owner?.type === "agent" ? plainName(owner.name) : "";
    const assistant = plainName(settings?.assistant.name);
    const under = person ? this.#words.say("withPerson", { name: person }) : assistant && `${assistant} · ${this.#words.say("assistantRole")}`;
    setText(this.#title, settings?.shop.name ?? "");
    if (this.#under.textContent !== under) this.#face.replaceChildren(face(person ? "agent" : "assistant", person));
    setText(this.#under, under);
    setLabel(this.#toList, this.#words.say("threads"));
    setLabel(this.#toClose, this.#words.say("close"));
    setLabel(this.#log, this.#words.say("log"));
    this.#toList.ariaExpanded = String(this.#listing);
    this.#toList.hidden = !threads.length;
    this.#threads.hidden = !this.#listing;
  }

  /** A lost connection shows only when it lasts: a reconnect within a second is nobody's business. */
  #drawBanner() {
    const { phase } = this.#chat;
    if (phase === "open" || phase === "stopped") this.#lostSince = 0;
    else if (phase === "waiting" && !this.#lostSince) {
      this.#lostSince = Date.now();
      setTimeout(() => this.draw(), LOST_SHOWS_AFTER_MS);
    }
    const before = this.#banner.textContent;
    const [words, act] = this.#trouble();
    if (before?.startsWith(words) && Boolean(before) === Boolean(words)) return;
    this.#banner.replaceChildren(words, act ? button("inline", act, this.#words.say("retry")) : "");
    if (this.#open) this.announce(words || this.#words.say("connected"));
  }

  /** What is wrong with the connection, and what the customer can do about it. @returns {[string, (() => void)?]} */
  #trouble() {
    const { phase, stopCode } = this.#chat;
    const say = this.#words.say.bind(this.#words);
    if (phase === "open") return [""];
    if (phase !== "stopped") {
      if (!navigator.onLine) return [say("offline")];
      return [this.#lostSince && Date.now() - this.#lostSince >= LOST_SHOWS_AFTER_MS ? say("reconnecting") : ""];
    }
    if (stopCode <= 1000) return [stopCode === 1000 ? "" : say("stopRefused")];
    if (stopCode === 4409) return [say("stopReplaced"), () => void this.#chat.start()];
    return stopCode === 4403 ? [say("stopEnded"), this.#does.restart] : [say("stopOther"), () => location.reload()];
  }

  /** What the customer should know about the state of the thread: who owns it, when somebody answers, that it is done. */
  #drawStrip() {
    const { viewed, settled } = this.#chat;
    const words = viewed ? this.#words.say("readOnly") : this.#stateWords();
    if (this.#strip.dataset.shown === words) return;
    this.#strip.dataset.shown = words;
    this.#strip.replaceChildren(words, viewed ? button("inline", () => this.#chat.view(null), this.#words.say("toCurrent")) : "");
    if (settled) this.announce(words);
  }

  #stateWords() {
    const { status, owner, agents = this.#chat.settings?.agents } = this.#chat.log.state ?? {};
    if (status === "resolved" || status === "closed") return this.#words.say(status);
    if (owner?.type !== "queue") return "";
    if (agents?.online) return this.#words.say("queueOnline");
    return agents?.back_at ? this.#words.say("queueAt", { when: this.#words.moment(new Date(agents.back_at)) }) : this.#words.say("queueAway");
  }

  #drawLog() {
    this.#log.ariaBusy = String(!this.#chat.settled);
    if (!this.#chat.settings) return;
    const wanted = items({ chat: this.#chat, words: this.#words, newAfter: this.#newAfter });
    const before = this.#nodes;
    this.#nodes = new Map(wanted.map(({ key, make }) => [key, before.get(key) ?? make()]));
    for (const [key, node] of before) if (!this.#nodes.has(key)) node.remove();
    wanted.forEach(({ key, sync }, at) => {
      const node = /** @type {HTMLElement} */ (this.#nodes.get(key));
      sync?.(node);
      if (this.#list.children[at] !== node) this.#list.insertBefore(node, this.#list.children[at]);
    });
  }

  #drawTyping() {
    const who = this.#chat.viewed ? undefined : this.#chat.typing.get(this.#chat.conv);
    const words = who ? this.#words.say("typing", { name: plainName(who.name) }) : "";
    if (this.#typing.textContent === words) return;
    this.#typing.replaceChildren(...(words ? [el("span", { className: "dots" }, el("i"), el("i"), el("i")), words] : []));
    if (words) this.announce(words);
  }

  #drawNewer() {
    const { unread, viewed } = this.#chat;
    this.#newer.hidden = this.#atEnd || !unread || viewed !== null;
    setText(this.#newer, this.#words.say("newMessages", { count: unread }));
  }

  /** @param {boolean} on */
  #showList(on) {
    if (this.#listing === on) return;
    this.#listing = on;
    this.#log.inert = on;
    this.#threads.replaceChildren(el("h2", null, this.#words.say("threads")), ...this.#chat.threads.map((thread) => this.#thread(thread)));
    this.#draw();
    (on ? this.#threads.querySelector("button") : this.#toList)?.focus();
  }

  /** @param {ThreadEntry} thread */
  #thread({ conv, title, last_at: at }) {
    const open = () => {
      this.#showList(false);
      this.#chat.view(conv);
      this.#toEnd(false);
    };
    const date = new Date(at);
    const time = el("time", { dateTime: at, title: this.#words.full(date) }, this.#words.day(date));
    return button("thread", open, el("b", { dir: "auto" }, title || this.#words.say("log")), time);
  }

  #sent() {
    this.#newAfter = null;
    this.#atEnd = true;
    this.draw();
  }

  /** Where the end is read from: an answer that is taller than the window begins at its first line. */
  #endTop() {
    const end = this.#log.scrollHeight - this.#log.clientHeight;
    const newest = this.#list.lastElementChild;
    return newest instanceof HTMLElement && newest.classList.contains("us") ? Math.min(end, newest.offsetTop - 12) : end;
  }

  #look() {
    this.#restTop = this.#log.scrollTop;
    this.#atEnd = this.#restTop > this.#endTop() - NEAR_END_PX;
  }

  #stay() {
    if (this.#log.scrollTop < this.#restTop) this.#look();
    if (this.#atEnd) this.#toEnd(false);
  }

  /** @param {boolean} smooth */
  #toEnd(smooth) {
    const calm = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#log.scrollTo({ top: this.#endTop(), behavior: calm ? "instant" : "smooth" });
    this.#restTop = this.#log.scrollTop;
    this.#atEnd = true;
  }

  #markRead() {
    const { viewed, settled } = this.#chat;
    const looking = this.#open && document.visibilityState === "visible" && document.hasFocus();
    if (looking && this.#atEnd && !this.#listing && !viewed && settled) this.#chat.markRead();
  }
}
