// @ts-check
/** Starts the chat in its frame: waits for the shop page, then puts words, conversation and panel together. */
import { Bridge, SiteKeep, TabKeep } from "./bridge.js";
import { Chat } from "./chat.js";
import { Panel } from "./panel.js";
import { css, inkOn, parseColour, readableOn } from "./theme.js";
import { Words, isRightToLeft } from "./words.js";

const words = new Words();
const bridge = new Bridge(hear);
/** @type {{chat: Chat, panel: Panel}|null} */
let running = null;
let started = false;
let modal = false;
let told = -1;

/** @param {import("./bridge.js").HostMessage} message */
function hear(message) {
  if (message.onethread === "init" && !running) return void begin(message);
  if (!running) return undefined;
  const { chat, panel } = running;
  if (message.onethread === "open") return open(Boolean(message.modal), message.identity);
  if (message.onethread === "modal") modal = Boolean(message.modal);
  if (message.onethread === "close") panel.hide();
  if (message.onethread === "connect") connect();
  if (message.onethread === "identify" && typeof message.value === "string") connect(message.value);
  if (message.onethread === "locale" && typeof message.value === "string") return void speak(message.value);
  if (message.onethread === "reset") {
    started = false;
    chat.reset();
  }
  return undefined;
}

/** @param {import("./bridge.js").HostMessage} message */
async function begin(message) {
  const site = message.site ?? new URLSearchParams(location.search).get("site") ?? "";
  const keep = new SiteKeep(bridge, site, message.kept ?? {});
  const locale = message.locale || navigator.language || "en";
  const chat = new Chat(
    { site, locale, keep, tab: new TabKeep(), personText: () => words.say("personText") },
    { draw: () => draw(), frame: announce, settings: dress },
  );
  const panel = new Panel(chat, words, { close: leave, restart });
  running = { chat, panel };
  await speakOnly(locale);
  document.body.replaceChildren(panel.node);
  panel.draw();
  watch(chat);
  bridge.tell("ready");
  if (message.open) open(Boolean(message.modal), message.identity);
}

function draw() {
  if (!running) return;
  running.panel.draw();
  const { unread } = running.chat;
  if (unread !== told) bridge.tell("unread", { count: unread });
  told = unread;
}

/** @param {string} [identity] */
function connect(identity) {
  if (started && !identity) return;
  started = true;
  void running?.chat.start(identity);
}

/**
 * @param {boolean} wholeScreen
 * @param {string} [identity]
 */
function open(wholeScreen, identity) {
  modal = wholeScreen;
  connect(identity);
  running?.panel.show(true);
}

function leave() {
  if (bridge.alone) return;
  bridge.tell("close");
  running?.panel.hide();
}

/** The customer was signed out here: what was theirs is forgotten before anybody writes again. */
function restart() {
  running?.chat.reset();
  void running?.chat.start();
}

/** What changed by itself and may be off screen is said as well. @param {import("../types.js").ServerFrame} frame */
function announce(frame) {
  if (frame.t !== "order" || !running?.chat.settled) return;
  const { order: number, headline } = frame.card;
  running.panel.announce(words.say("orderUpdated", { number, headline }));
}

/** @param {string} locale */
async function speakOnly(locale) {
  await words.load(locale);
  document.documentElement.lang = words.locale;
  document.documentElement.dir = isRightToLeft(words.locale) ? "rtl" : "ltr";
  document.title = words.say("title");
}

/** The shop page changed its language: the server's words follow with the next session. @param {string} locale */
async function speak(locale) {
  if (!running) return;
  running.chat.setting.locale = locale;
  await speakOnly(locale);
  if (started) void running.chat.connection.renew();
  draw();
}

/** @param {import("../types.js").Settings} settings */
async function dress(settings) {
  await speakOnly(settings.locale || words.locale);
  if (settings.rtl) document.documentElement.dir = "rtl";
  paint(settings.theme?.accent ?? "");
  draw();
}

/** @param {string} accent */
function paint(accent) {
  const colour = parseColour(accent);
  if (!colour) return;
  const set = (/** @type {string} */ name, /** @type {import("./theme.js").Rgb} */ value) => document.documentElement.style.setProperty(name, css(value));
  set("--accent", colour);
  set("--on-accent", inkOn(colour));
  set("--accent-on-light", readableOn(colour, [255, 255, 255]));
  set("--accent-on-dark", readableOn(colour, [33, 37, 45]));
  bridge.tell("theme", { accent: css(colour), ink: css(inkOn(colour)) });
}

/** Every sign that the page or the network woke up is a reason to look whether the link still lives. @param {Chat} chat */
function watch(chat) {
  const check = () => started && document.visibilityState === "visible" && chat.connection.check();
  addEventListener("online", check);
  addEventListener("pageshow", check);
  document.addEventListener("visibilitychange", check);
  addEventListener("keydown", (event) => event.key === "Tab" && modal && trap(event));
}

/** On the whole screen, Tab goes round inside. @param {KeyboardEvent} event */
function trap(event) {
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("button, textarea, a[href], [tabindex='0']")]);
  const stops = all.filter((node) => node.checkVisibility() && !node.matches(":disabled") && !node.closest("[inert]"));
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  if (document.activeElement !== from) return;
  event.preventDefault();
  to?.focus();
}

if (bridge.alone) void begin({ onethread: "init", open: true });
