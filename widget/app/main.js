// @ts-check
/** Starts the chat in its frame: hears the shop page, then puts words, storage, conversation and panel together. */
import { Chat } from "./chat.js";
import { Panel } from "./panel.js";
import { css, inkOn, parseColour, readableOn } from "./theme.js";
import { Words, isRightToLeft } from "./words.js";

/** @typedef {{onethread: string, site?: string, kept?: Record<string, string>, locale?: string, identity?: string,
 *   modal?: boolean, value?: string}} HostMessage */

/** The shop page's origin, fixed by its first `init`: the server's frame-ancestors has decided who may embed us. */
let hostOrigin = "";

/**
 * To the shop page and nobody else.
 * @param {string} type
 * @param {object} [body]
 */
function tell(type, body) {
  if (hostOrigin) parent.postMessage({ ...body, onethread: type }, hostOrigin);
}

/** Only the parent window is heard, and only under the origin that it began with. */
addEventListener("message", ({ data, source, origin }) => {
  if (source !== parent || parent === window || typeof data?.onethread !== "string") return;
  if (data.onethread === "init" && origin !== "null") hostOrigin ||= origin;
  if (origin === hostOrigin) void hear(data);
});

/**
 * Small strings of this site, at once where the browser lets a frame store, else kept by the shop page.
 * @implements {Keep}
 */
class PageKeep {
  /** @type {Map<string, string>} */
  #held;
  #prefix;

  /**
   * @param {string} site
   * @param {Record<string, string>} kept what the shop page kept
   */
  constructor(site, kept) {
    this.#prefix = `onethread:${site}:`;
    this.#held = new Map(Object.entries(kept));
    try {
      this.#adopt(kept.visitor);
    } catch {
      // third-party storage is blocked: the shop page keeps for us
    }
  }

  /** What lies here counts only for the visitor that the shop page knows: it may have said goodbye without us. @param {string} [visitor] */
  #adopt(visitor) {
    const mine = Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix));
    const known = localStorage[`${this.#prefix}visitor`] === visitor;
    for (const name of mine) {
      if (known) this.#held.set(name.slice(this.#prefix.length), localStorage[name]);
      else localStorage.removeItem(name);
    }
  }

  keys() {
    return [...this.#held.keys()];
  }

  /** @param {string} key */
  get(key) {
    return this.#held.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string|null} value null removes
   */
  set(key, value) {
    if (value === null) this.#held.delete(key);
    else this.#held.set(key, value);
    try {
      if (value === null) localStorage.removeItem(this.#prefix + key);
      else localStorage.setItem(this.#prefix + key, value);
    } catch {
      tell("keep", { key, value });
    }
  }

  /** Kept by the shop page in any case: it must outlive what browsers do to the storage of frames. @param {string|null} value */
  setVisitor(value) {
    this.set("visitor", value);
    tell("keep", { key: "visitor", value });
  }
}

const words = new Words();
const root = document.documentElement;
/** @type {Chat} */
let chat;
/** @type {Panel} */
let panel;
let started = false;
let modal = false;
let told = 0;

/** @param {HostMessage} message */
async function hear({ onethread: type, site = "", kept = {}, locale = "en", identity = "", modal: whole = false, value = "" }) {
  if (type === "init") return chat ?? begin(site, kept, locale);
  if (type === "modal" || type === "open") modal = whole;
  if (type === "open") {
    connect(identity);
    panel.show();
  }
  if (type === "close") panel.hide();
  if (type === "connect") connect("");
  if (type === "identify") connect(value);
  if (type === "locale") await change(value);
  if (type === "reset") {
    started = false;
    panel.composer.text.value = "";
    chat.reset();
  }
}

/**
 * @param {string} site
 * @param {Record<string, string>} kept
 * @param {string} locale
 */
async function begin(site, kept, locale) {
  chat = new Chat(site, locale, new PageKeep(site, kept), { draw, frame: announce, settings: dress });
  panel = new Panel(chat, words, { close, restart });
  await speak(locale);
  document.body.replaceChildren(panel.node);
  panel.draw();
  for (const type of ["online", "pageshow", "visibilitychange"]) addEventListener(type, check);
  addEventListener("keydown", (event) => event.key === "Tab" && modal && trap(event));
  tell("ready");
}

function draw() {
  panel?.draw();
  if (chat?.unread !== told) tell("unread", { count: chat.unread });
  told = chat.unread;
}

/** @param {string} identity */
function connect(identity) {
  if (!started || identity) void chat.start(identity);
  started = true;
}

function close() {
  tell("close");
  panel.hide();
}

/** The customer was signed out here: what was theirs is forgotten before anybody writes again. */
function restart() {
  chat.reset();
  void chat.start();
}

/** Every sign that the page or the network woke up is a reason to look whether the link still lives. */
function check() {
  if (started && document.visibilityState === "visible") chat.connection.check();
}

/** What changed by itself and may be off screen is said as well. @param {ServerFrame} frame */
function announce(frame) {
  if (frame.t !== "order" || !chat.settled) return;
  const { order: number, headline } = frame.card;
  panel.announce(`${words.say("updated")}: ${words.say("order", { number })}, ${headline}`);
}

/** @param {string} locale */
async function speak(locale) {
  await words.load(locale);
  root.lang = words.locale;
  root.dir = isRightToLeft(words.locale) ? "rtl" : "ltr";
}

/** The shop page changed its language: the server's words follow with the next session. @param {string} locale */
async function change(locale) {
  chat.locale = locale;
  await speak(locale);
  if (started) void chat.connection.renew();
  draw();
}

/** @param {Settings} settings */
async function dress({ locale, rtl, theme, ways }) {
  await speak(locale);
  if (ways?.[0]) void import("../ways/ways.js").then((it) => it.show(chat));
  if (rtl) root.dir = "rtl";
  const accent = parseColour(theme?.accent ?? "");
  if (!accent) return;
  const ink = inkOn(accent);
  const colours = { accent, "on-accent": ink, "accent-on-light": readableOn(accent, [243, 244, 246]), "accent-on-dark": readableOn(accent, [33, 37, 45]) };
  for (const [name, colour] of Object.entries(colours)) root.style.setProperty(`--${name}`, css(colour));
  tell("theme", { value: `${css(accent)} ${css(ink)}` });
}

/** On the whole screen, Tab goes round inside. @param {KeyboardEvent} event */
function trap(event) {
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("button, textarea, a[href], [tabindex='0']")]);
  const stops = all.filter((node) => node.checkVisibility() && !node.matches(":disabled, [inert] *"));
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  if (document.activeElement !== from) return;
  event.preventDefault();
  to?.focus();
}
