// @ts-check
/* The customer's devices: one look at all of them every moment, and what each shows of it. */
import { element, toast } from "./common.js";
import { startCall, showCall } from "./call.js";
import { startMail, showMail } from "./mail.js";
import { startPhone, showPhone } from "./phone.js";

/** @typedef {{sid: string, mine: boolean, text: string, at: string, status: string, choices: {title: string, id: string}[], list: boolean, picture: string, template: boolean, error: string}} Bubble */
/** @typedef {{messages: Bubble[], typing: boolean, window: string, open: boolean, unread: number}} Chat */
/** @typedef {{id: string, mine: boolean, from: string, to: string, subject: string, text: string, html: boolean, at: string, status: string, read: boolean, trusted: boolean, headers: [string, string][], files: string[]}} Mail */
/** @typedef {{who: string, text: string, at: string, spoken: number, cut: boolean}} Said */
/** @typedef {{sid: string, incoming: boolean, state: string, speaking: boolean, transcript: Said[], transfer: {to: string, whisper: string, needs_key: boolean, bridged: boolean}|null, ended_by: string}} Call */
/** @typedef {{conv: string, number: number, title: string, status: string, owner: string, channels: string[]}} Thread */
/** @typedef {{version: string, me: {id: string, name: string, phone: string, email: string}, phone: {whatsapp: Chat, sms: Chat}, mail: {mails: Mail[], unread: number}, call: Call|null, threads: Thread[], ahead: number, now: string, faults: string[]}} World */

const KEPT = "onethread-demo-as";
const root = document.getElementById("devices");
let version = "";
let looks = 0;
let isLooking = false;
let isCalling = false;

/**
 * The element of the devices with this data-part.
 * @template {HTMLElement} T
 * @param {string} name
 * @param {new () => T} kind
 * @returns {T}
 */
export function part(name, kind) {
  const found = root?.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof kind)) throw new Error(`the page has no ${name}`);
  return found;
}

/**
 * Do something with a device of whoever one is; then look again at once.
 * @param {string} what
 * @param {Record<string, unknown>} [told]
 * @returns {Promise<boolean>} whether it was done
 */
export async function act(what, told = {}) {
  try {
    const headers = { "X-Onethread-Demo": "1", "Content-Type": "application/json" };
    const body = JSON.stringify({ as: part("as", HTMLSelectElement).value, ...told });
    const answer = await fetch(`/demo/devices/${what}`, { method: "POST", headers, body });
    if (!answer.ok) toast((await answer.json()).error ?? "That did not work.", true);
    void look(true);
    return answer.ok;
  } catch {
    toast("The demo server does not answer.", true);
    return false;
  }
}

/** @param {boolean} [now] whether to look even if nothing seems to have changed */
async function look(now = false) {
  if (isLooking && !now) return;
  isLooking = true;
  try {
    const who = part("as", HTMLSelectElement).value;
    const since = now || ++looks % 8 === 0 ? "" : `&after=${encodeURIComponent(version)}`;
    const answer = await fetch(`/demo/devices?as=${encodeURIComponent(who)}${since}`, { cache: "no-store" });
    if (answer.status === 200) show(await answer.json(), who);
  } catch {
    /* the control room's own look says that the server is gone */
  } finally {
    isLooking = false;
  }
}

/**
 * @param {World} world
 * @param {string} who
 */
function show(world, who) {
  if (who !== part("as", HTMLSelectElement).value) return;
  version = world.version;
  isCalling = world.call?.state === "talking" || world.call?.state === "ringing";
  showThreads(world.threads);
  showPhone(world);
  showMail(world);
  showCall(world);
  const later = part("later", HTMLButtonElement);
  later.textContent = world.ahead ? `24 hours later (now +${Math.round(world.ahead / 3600)} h)` : "24 hours later";
}

const NAMES = /** @type {Record<string, string>} */ ({ widget: "web chat", whatsapp: "WhatsApp", sms: "SMS", email: "e-mail", voice: "telephone" });

/** @param {Thread[]} threads */
function showThreads(threads) {
  const line = part("threads", HTMLElement);
  const key = JSON.stringify(threads);
  if (line.dataset.key === key) return;
  line.dataset.key = key;
  if (!threads.length) return line.replaceChildren(element("span", "No conversation yet. Write or call from any of them.", "none"));
  line.replaceChildren(
    ...threads.map((thread) => {
      const link = element("a", "", "thread-link");
      link.setAttribute("href", `/console/t/${thread.conv}`);
      link.setAttribute("target", "_blank");
      link.setAttribute("rel", "noopener");
      link.dataset.conv = thread.conv;
      link.append(element("b", `Conversation ${thread.number}`), ...thread.channels.slice().reverse().map((name) => element("span", NAMES[name] ?? name, "channel")));
      link.append(element("span", thread.owner === "assistant" ? thread.status : `${thread.status}, with ${thread.owner}`, "owner"));
      return link;
    }),
  );
}

/**
 * How many things wait on a device.
 * @param {string} name
 * @param {number} count
 */
export function badge(name, count) {
  const place = root?.querySelector(`[data-unread="${name}"]`);
  if (!(place instanceof HTMLElement)) return;
  place.hidden = !count;
  place.textContent = count ? `${count}` : "";
}

/**
 * Arrow keys within a list of tabs, and what becomes of a choice.
 * @param {HTMLElement} list
 * @param {(tab: HTMLElement) => void} then
 */
export function tabs(list, then) {
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="tab"]')]);
  /** @param {HTMLElement} tab */
  const choose = (tab) => {
    for (const each of all) {
      each.setAttribute("aria-selected", `${each === tab}`);
      each.tabIndex = each === tab ? 0 : -1;
    }
    then(tab);
  };
  list.addEventListener("click", (event) => {
    const tab = event.target instanceof Element ? event.target.closest('[role="tab"]') : null;
    if (tab instanceof HTMLElement) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
    const tab = all[(at + step + all.length) % all.length];
    choose(tab);
    tab.focus();
    event.preventDefault();
  });
}

/** @param {string} stamp */
export function clock(stamp) {
  return new Date(stamp).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit" });
}

function start() {
  if (!root) return;
  const who = part("as", HTMLSelectElement);
  const kept = sessionStorage.getItem(KEPT);
  if (kept && [...who.options].some((option) => option.value === kept)) who.value = kept;
  who.addEventListener("change", () => {
    sessionStorage.setItem(KEPT, who.value);
    void look(true);
  });
  part("later", HTMLButtonElement).addEventListener("click", async () => {
    if (await act("later", { hours: 24 })) toast("It is 24 hours later, for everybody.");
  });
  const row = /** @type {HTMLElement} */ (root.querySelector(".device-row"));
  tabs(/** @type {HTMLElement} */ (root.querySelector(".device-tabs")), (tab) => { row.dataset.shown = tab.getAttribute("aria-controls") ?? "phone"; });
  startPhone();
  startMail();
  startCall();
  void look(true);
  let beat = 0;
  setInterval(() => { if (!document.hidden && (isCalling || ++beat % 3 === 0)) void look(); }, 250);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void look(true); });
}

start();
