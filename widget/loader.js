// @ts-check
/*
 * Puts the launcher on a shop page: <script async src=".../widget/loader.js" data-site="SITE"></script>.
 * Until somebody opens the chat nothing else of the page changes; the chat itself lives in a frame of our own origin.
 * Never throws into the page, needs no `unsafe-inline`, may be loaded twice. API: docs/embed.md.
 */
(() => {
  "use strict";
  /** @typedef {{q: {push(...commands: unknown[][]): void}|unknown[][], loaded?: boolean, [name: string]: unknown}} Api */
  const page = /** @type {Window & {Onethread?: Api}} */ (window);
  const script = /** @type {HTMLScriptElement|null} */ (document.currentScript ?? document.querySelector("script[data-site][src*='/widget/']"));
  if (!script || page.Onethread?.loaded) return;

  /** Open, close, unread, not reachable, try again. @type {Record<string, string[]>} */
  const WORDS = {
    en: ["Customer support chat", "unread", "The chat cannot be reached right now.", "Try again", "Close"],
    es: ["Chat de atención al cliente", "sin leer", "No se puede abrir el chat en este momento.", "Reintentar", "Cerrar"],
    fr: ["Chat du service client", "non lus", "Le chat est injoignable pour le moment.", "Réessayer", "Fermer"],
    de: ["Chat mit dem Kundenservice", "ungelesen", "Der Chat ist gerade nicht erreichbar.", "Erneut versuchen", "Schließen"],
    pt: ["Chat de apoio ao cliente", "não lidas", "Não é possível abrir o chat agora.", "Tentar de novo", "Fechar"],
  };
  const READY_WITHIN_MS = 12_000;
  const CHAT = "M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.9 8.9 0 0 1-3.9-.9L3 20.5l1.7-4.9A8 8 0 0 1 4 11.5 8.4 8.4 0 0 1 12.5 3.2 8.4 8.4 0 0 1 21 11.5z";
  const DOWN = "M6 9.5l6 6 6-6";
  const CSS_TEXT = `
:host{all:initial!important;position:fixed!important;inset:auto!important;inset-block-end:0!important;inset-inline-end:0!important;z-index:2147483000!important;color-scheme:light dark}
*{box-sizing:border-box}
button{font:inherit;cursor:pointer;-webkit-tap-highlight-color:transparent}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.launcher{position:fixed;inset-block-end:max(20px,env(safe-area-inset-bottom));inset-inline-end:20px;inline-size:56px;block-size:56px;padding:0;border:0;border-radius:50%;display:grid;place-items:center;background:var(--accent);color:var(--ink);box-shadow:0 1px 2px rgb(0 0 0/.16),0 6px 20px rgb(0 0 0/.2);transition:transform .16s ease,box-shadow .16s ease}
.launcher:hover{transform:translateY(-1px);box-shadow:0 2px 4px rgb(0 0 0/.18),0 10px 26px rgb(0 0 0/.24)}
svg{inline-size:26px;block-size:26px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.badge{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-inline-size:22px;block-size:22px;padding-inline:6px;border-radius:11px;border:2px solid #fff;background:#c4281c;color:#fff;font:600 12px/18px system-ui,sans-serif;text-align:center}
.panel{position:fixed;inset-block-end:calc(max(20px,env(safe-area-inset-bottom)) + 68px);inset-inline-end:20px;inline-size:400px;block-size:min(680px,100vh - 112px);border-radius:16px;overflow:hidden;background:#fff;box-shadow:0 0 0 1px rgb(0 0 0/.07),0 12px 48px rgb(0 0 0/.22);transition:opacity .16s ease,transform .16s ease,visibility .16s}
.panel.shut{visibility:hidden;opacity:0;transform:translateY(8px);pointer-events:none}
.panel.whole{inset:0;inline-size:100%;block-size:100dvh;border-radius:0;box-shadow:none}
iframe{position:absolute;inset:0;inline-size:100%;block-size:100%;border:0;background:transparent;opacity:0}
.ready iframe{opacity:1}
.wait{position:absolute;inset:0;display:grid;place-content:center;justify-items:center;gap:16px;padding:24px;margin:0;font:400 15px/1.5 system-ui,sans-serif;color:#1b1f27;text-align:center}
.wait button{min-block-size:40px;padding-inline:16px;border:1px solid #c9ced8;border-radius:20px;background:none;color:inherit}
.spin{inline-size:24px;block-size:24px;border-radius:50%;border:2px solid #c9ced8;border-block-start-color:#5a6372;animation:spin 1s linear infinite}
.ready .wait,[hidden]{display:none}
@keyframes spin{to{transform:rotate(1turn)}}
@media (prefers-color-scheme:dark){.panel{background:#16191f;box-shadow:0 0 0 1px rgb(255 255 255/.1),0 12px 48px rgb(0 0 0/.6)}.wait{color:#e9ecf1}.badge{border-color:#16191f}}
@media (prefers-reduced-motion:reduce){*{transition:none!important;animation-duration:4s!important}}
@media (forced-colors:active){.launcher,.panel{border:2px solid}}
@media print{:host{display:none!important}}`;

  const url = new URL(script.src);
  const origin = url.origin;
  const base = `${origin}${url.pathname.replace(/(\/\d[^/]*)?\/loader\.js$/, "")}`;
  const site = script.dataset.site ?? "";
  const prefix = `onethread:${site}:`;
  let locale = script.dataset.locale || document.documentElement.lang || navigator.language || "en";
  /** @type {string|(() => string|Promise<string>)} */
  let identity = "";
  /** @type {HTMLIFrameElement|null} */
  let frame = null;
  let ready = false;
  let shown = false;
  let unread = 0;
  /** @type {HTMLElement|null} */
  let returnTo = null;
  let bodyWasInert = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let patience;
  /** @type {((count: number) => void)[]} */
  const watchers = [];

  const host = document.createElement("onethread-chat");
  const root = host.attachShadow({ mode: "open" });
  const launcher = make("button", "launcher");
  const badge = make("span", "badge");
  const panel = make("div", "panel shut");
  const wait = make("div", "wait");
  const small = matchMedia("(max-width: 520px), (max-height: 480px)");

  /**
   * Anything of ours that fails is told to the console and never to the page.
   * @template {unknown[]} A
   * @param {(...args: A) => unknown} act
   * @returns {(...args: A) => void}
   */
  function safe(act) {
    return (...args) => {
      try {
        const result = act(...args);
        if (result instanceof Promise) result.catch(warn);
      } catch (error) {
        warn(error);
      }
    };
  }

  /** @param {unknown} error */
  function warn(error) {
    console.warn("Onethread:", error);
  }

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag
   * @param {string} className
   */
  function make(tag, className) {
    return Object.assign(document.createElement(tag), { className });
  }

  /** @param {string} path */
  function draw(path) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }

  /** What this site keeps in the page's own storage: a frame's storage may be blocked or thrown away. */
  function kept() {
    /** @type {Record<string, string>} */
    const all = {};
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) all[key.slice(prefix.length)] = localStorage[key];
    } catch {
      // storage is blocked: the chat lives as long as this page
    }
    return all;
  }

  /**
   * @param {string} key
   * @param {string|null} value
   */
  function keep(key, value) {
    try {
      if (value === null) localStorage.removeItem(prefix + key);
      else localStorage.setItem(prefix + key, value);
    } catch {
      // as above
    }
  }

  /** @param {string} [used] remembers that the chat was used in this tab */
  function usedHere(used) {
    try {
      if (used !== undefined) sessionStorage.setItem(`${prefix}used`, used);
      return sessionStorage.getItem(`${prefix}used`) === "1";
    } catch {
      return false;
    }
  }

  function words() {
    return WORDS[locale.slice(0, 2).toLowerCase()] ?? WORDS.en;
  }

  function sync() {
    const [title, unseen] = words();
    launcher.setAttribute("aria-label", unread ? `${title} (${unread} ${unseen})` : title);
    launcher.setAttribute("aria-expanded", String(shown));
    panel.setAttribute("aria-label", title);
    panel.classList.toggle("shut", !shown);
    panel.classList.toggle("whole", small.matches);
    panel.inert = !shown;
    const whole = shown && small.matches;
    panel.setAttribute("aria-modal", String(whole));
    launcher.hidden = whole;
    badge.hidden = unread === 0 || shown;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    launcher.replaceChildren(draw(shown ? DOWN : CHAT), badge);
    cover(whole);
  }

  /** On the whole screen the page behind is out of reach, and the panel keeps clear of the keyboard. @param {boolean} whole */
  function cover(whole) {
    if (whole !== (panel.dataset.whole === "1")) {
      panel.dataset.whole = whole ? "1" : "";
      if (whole) bodyWasInert = document.body.inert;
      document.body.inert = whole || bodyWasInert;
      tell("modal", { modal: whole });
    }
    const view = window.visualViewport;
    panel.style.top = whole && view ? `${view.offsetTop}px` : "";
    panel.style.height = whole && view ? `${view.height}px` : "";
  }

  /**
   * @param {string} type
   * @param {object} [body]
   */
  function tell(type, body = {}) {
    if (ready) frame?.contentWindow?.postMessage({ ...body, onethread: type }, origin);
  }

  /** Creates the frame; it says nothing to the server before somebody opens it. */
  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = words()[0];
    frame.referrerPolicy = "strict-origin";
    frame.allow = "autoplay; microphone 'none'; camera 'none'; payment 'none'";
    for (const right of ["scripts", "same-origin", "forms", "popups", "popups-to-escape-sandbox", "downloads"]) frame.sandbox.add(`allow-${right}`);
    frame.onload = safe(greet);
    frame.src = `${base}/frame?site=${encodeURIComponent(site)}`;
    wait.replaceChildren(make("span", "spin"));
    panel.classList.remove("ready");
    panel.append(frame);
    patience = setTimeout(safe(excuse), READY_WITHIN_MS);
  }

  async function greet() {
    ready = false;
    const body = { onethread: "init", site, kept: kept(), locale };
    frame?.contentWindow?.postMessage(body, origin);
  }

  function excuse() {
    const again = make("button", "");
    const close = make("button", "");
    const [, , sorry, retry, leave] = words();
    again.textContent = retry;
    close.textContent = leave;
    again.onclick = safe(() => {
      frame?.remove();
      frame = null;
      load();
    });
    close.onclick = safe(shut);
    const text = make("span", "");
    text.setAttribute("role", "alert");
    text.textContent = sorry;
    wait.replaceChildren(text, again, close);
  }

  /** @returns {Promise<string>} */
  async function token() {
    const given = identity;
    if (typeof given === "string") identity = "";
    return typeof given === "function" ? given() : given;
  }

  async function started() {
    clearTimeout(patience);
    ready = true;
    panel.classList.add("ready");
    if (shown) await enter();
    else if (usedHere()) tell("connect");
  }

  let entered = false;
  async function enter() {
    const value = entered ? "" : await token();
    entered = true;
    usedHere("1");
    tell("open", { modal: small.matches, identity: value });
    if (shown) frame?.focus();
  }

  function open() {
    if (shown) return;
    shown = true;
    const active = document.activeElement;
    returnTo = active instanceof HTMLElement && active !== host && active !== document.body ? active : launcher;
    load();
    sync();
    if (ready) safe(enter)();
  }

  function shut() {
    if (!shown) return;
    shown = false;
    tell("close");
    sync();
    (returnTo?.isConnected ? returnTo : launcher).focus();
  }

  /** @param {MessageEvent} event */
  function hear(event) {
    const message = event.data;
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || !message) return;
    const { onethread: type, key, value, count, accent, ink } = message;
    if (type === "ready") return void safe(started)();
    if (type === "close") shut();
    if (type === "keep" && typeof key === "string" && (value === null || typeof value === "string")) keep(key, value);
    if (type === "unread" && Number.isInteger(count)) told(count);
    if (type === "theme" && typeof accent === "string" && typeof ink === "string") paint(accent, ink);
  }

  /** @param {number} count */
  function told(count) {
    unread = count;
    sync();
    for (const watcher of watchers) safe(watcher)(count);
  }

  /**
   * @param {string} accent
   * @param {string} ink
   */
  function paint(accent, ink) {
    host.style.setProperty("--accent", accent);
    host.style.setProperty("--ink", ink);
    keep("theme", JSON.stringify([accent, ink]));
  }

  /** @type {Record<string, (value?: any) => unknown>} */
  const COMMANDS = {
    open,
    close: shut,
    /** Signs the customer in: a token of the shop, or a function that fetches one when it is needed. */
    identify: async (/** @type {string|(() => string|Promise<string>)} */ value) => {
      identity = value;
      if (entered) tell("identify", { value: await token() });
    },
    /** The customer signed out: everything of theirs leaves this browser. */
    reset: () => {
      shut();
      identity = "";
      entered = false;
      for (const key of Object.keys(kept())) if (key !== "theme") keep(key, null);
      usedHere("");
      tell("reset");
      told(0);
    },
    locale: (/** @type {string} */ value) => {
      locale = String(value);
      tell("locale", { value: locale });
      sync();
    },
    /** Calls back with the number of unread messages, now and after every change. */
    unread: (/** @type {(count: number) => void} */ watcher) => {
      if (typeof watcher !== "function") return unread;
      watchers.push(watcher);
      return watcher(unread);
    },
  };

  /** @param {unknown[][]} commands */
  function push(...commands) {
    for (const [name, value] of commands) {
      if (Object.hasOwn(COMMANDS, String(name))) safe(COMMANDS[String(name)])(value);
      else warn(`no command ${String(name)}`);
    }
  }

  function mount() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS_TEXT);
    root.adoptedStyleSheets = [sheet];
    const [accent, ink] = JSON.parse(kept().theme ?? "null") ?? [script?.dataset.accent ?? "#1d5c4d", "#fff"];
    paint(accent, ink);
    launcher.type = "button";
    launcher.setAttribute("aria-controls", "panel");
    panel.id = "panel";
    panel.setAttribute("role", "dialog");
    panel.append(wait);
    root.append(panel, launcher);
    launcher.onclick = safe(() => (shown ? shut() : open()));
    launcher.onpointerenter = launcher.onfocus = safe(load);
    root.addEventListener("keydown", safe((event) => /** @type {KeyboardEvent} */ (event).key === "Escape" && shut()));
    addEventListener("message", safe(hear));
    small.addEventListener("change", safe(sync));
    for (const type of ["resize", "scroll"]) window.visualViewport?.addEventListener(type, safe(() => cover(shown && small.matches)));
    sync();
    document.documentElement.append(host);
    const before = page.Onethread?.q;
    Object.assign(api, { q: { push }, ...Object.fromEntries(Object.keys(COMMANDS).map((name) => [name, safe(COMMANDS[name])])) });
    if (Array.isArray(before)) push(...before);
    if (usedHere()) setTimeout(safe(load), 1000);
  }

  /** @type {Api} */
  const api = Object.assign(page.Onethread ?? { q: [] }, { loaded: true });
  page.Onethread = api;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", safe(mount), { once: true });
  else safe(mount)();
})();
