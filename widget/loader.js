// @ts-check
/*
 * Puts the launcher on a shop page: <script async src=".../widget/loader.js" data-site="SITE"></script>.
 * Until somebody opens the chat nothing else of the page changes; the chat itself lives in a frame of our own origin.
 * Never throws into the page, needs no `unsafe-inline`, may be loaded twice. API: docs/embed.md.
 */
(() => {
  /** @typedef {{q: {push(...commands: unknown[][]): void}|unknown[][], loaded?: boolean, [name: string]: unknown}} Api */
  /** @typedef {string|(() => string|Promise<string>)} Identity */
  const page = /** @type {Window & {Onethread?: Api}} */ (window);
  const script = /** @type {HTMLScriptElement|null} */ (document.currentScript ?? document.querySelector("script[data-site][src*='/widget/']"));
  if (!script || page.Onethread?.loaded) return;

  /** Title, not reachable, try again. @type {Record<string, string[]>} */
  const WORDS = {
    en: ["Customer support chat", "The chat cannot be reached right now.", "Try again"],
    es: ["Chat de atención al cliente", "No se puede abrir el chat ahora.", "Reintentar"],
    fr: ["Chat du service client", "Le chat est injoignable pour le moment.", "Réessayer"],
    de: ["Chat mit dem Kundenservice", "Der Chat ist gerade nicht erreichbar.", "Erneut versuchen"],
    pt: ["Chat de apoio ao cliente", "Não é possível abrir o chat agora.", "Tentar de novo"],
  };
  const READY_WITHIN_MS = 12_000;
  const CHAT = "M7 4h10a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-4l-5 4v-4H7a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3z";
  const DOWN = "M6 9l6 6 6-6";
  const CSS_TEXT = `
:host{all:initial!important;position:fixed!important;z-index:2147483000!important}
*{box-sizing:border-box}
button{font:inherit;cursor:pointer;border:0;padding:0 16px}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.launcher{position:fixed;bottom:20px;inset-inline-end:20px;width:56px;height:56px;padding:15px;border-radius:50%;background:var(--accent);color:var(--ink);box-shadow:0 6px 20px rgb(0 0 0/.25);transition:.16s}
.launcher:hover{transform:translateY(-1px)}
svg{display:block;width:26px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.badge{position:absolute;top:-4px;inset-inline-end:-4px;min-width:22px;padding-inline:6px;border-radius:11px;background:#c4281c;color:#fff;font:600 12px/22px system-ui,sans-serif}
.panel{position:fixed;bottom:88px;inset-inline-end:20px;width:400px;height:min(680px,100vh - 112px);border-radius:16px;overflow:hidden;background:#fff;color:#1b1f27;box-shadow:0 0 0 1px rgb(128 128 128/.2),0 12px 48px rgb(0 0 0/.25);transition:.16s}
.shut{visibility:hidden;opacity:0;transform:translateY(8px)}
.whole{inset:0;width:100%;height:100dvh;border-radius:0}
iframe{position:absolute;width:100%;height:100%;border:0;visibility:hidden}
.ready:not(.shut) iframe{visibility:inherit}
.wait{display:grid;place-content:center;justify-items:center;gap:16px;height:100%;padding:24px;font:15px/1.5 system-ui,sans-serif;text-align:center}
.wait button{min-height:40px;border-radius:20px;background:var(--accent);color:var(--ink)}
.wait svg{animation:wait 1s infinite alternate}
.ready .wait,[hidden]{display:none}
@keyframes wait{to{opacity:.3}}
@media(prefers-color-scheme:dark){.panel{background:#16191f;color:#e9ecf1}}
@media(prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}
@media(forced-colors:active){.launcher,.panel{border:2px solid}}`;

  const { origin, pathname } = new URL(script.src);
  const base = origin + pathname.replace(/(\/\d[^/]*)?\/loader\.js$/, "");
  const site = script.dataset.site ?? "";
  const prefix = `onethread:${site}:`;
  const small = matchMedia("(max-width: 520px), (max-height: 480px)");
  /** @type {((count: number) => void)[]} */
  const watchers = [];
  let locale = script.dataset.locale || document.documentElement.lang || navigator.language || "en";
  /** @type {Identity} */
  let identity = "";
  /** @type {HTMLIFrameElement|null} */
  let frame = null;
  let ready = false;
  let shown = false;
  let entered = false;
  let whole = false;
  let unread = 0;
  /** @type {HTMLElement|null} */
  let returnTo = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let patience;

  const host = document.createElement("onethread-chat");
  const root = host.attachShadow({ mode: "open" });
  const launcher = make("button", { className: "launcher", onpointerenter: safe(load), onfocus: safe(load), onclick: safe(() => (shown ? shut() : open())) });
  const badge = make("span", { className: "badge" });
  const panel = make("div", { className: "panel", id: "panel", role: "dialog" });
  const wait = make("div", { className: "wait" });

  /**
   * Anything of ours that fails is told to the console and never to the page.
   * @template {unknown[]} A
   * @param {(...args: A) => unknown} act
   * @returns {(...args: A) => void}
   */
  function safe(act) {
    return async (...args) => {
      try {
        await act(...args);
      } catch (error) {
        console.warn("Onethread:", error);
      }
    };
  }

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag
   * @param {Partial<HTMLElementTagNameMap[K]>} properties
   */
  function make(tag, properties) {
    return Object.assign(document.createElement(tag), properties);
  }

  /** @param {string} path */
  function draw(path) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const line = document.createElementNS(space, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }

  /**
   * What this site keeps in the page's own storage: a frame's may be blocked or thrown away. Blocked here too: nothing.
   * @returns {Record<string, string>}
   */
  function kept() {
    try {
      return Object.fromEntries(Object.entries(localStorage).flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])));
    } catch {
      return {};
    }
  }

  /**
   * @param {string} key
   * @param {string|null} value
   */
  function keep(key, value) {
    if (value === null) localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, value);
  }

  /** Whether the chat was used in this tab, so that unread messages count on the next page too. @param {string} [used] */
  function usedHere(used) {
    try {
      if (used !== undefined) sessionStorage[prefix] = used;
      return sessionStorage[prefix];
    } catch {
      return "";
    }
  }

  function words() {
    return WORDS[locale.slice(0, 2).toLowerCase()] ?? WORDS.en;
  }

  function sync() {
    const [title] = words();
    launcher.setAttribute("aria-label", unread ? `${title} (${unread})` : title);
    launcher.ariaExpanded = String(shown);
    panel.ariaLabel = title;
    panel.inert = !shown;
    panel.classList.toggle("shut", !shown);
    badge.hidden = !unread || shown;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    launcher.replaceChildren(draw(shown ? DOWN : CHAT), badge);
    cover();
  }

  /** On a small screen the page behind is out of reach, and the panel keeps clear of the keyboard. */
  function cover() {
    const before = whole;
    const view = visualViewport;
    whole = shown && small.matches;
    launcher.hidden = whole;
    panel.classList.toggle("whole", small.matches);
    panel.ariaModal = String(whole);
    panel.style.top = whole && view ? `${view.offsetTop}px` : "";
    panel.style.height = whole && view ? `${view.height}px` : "";
    if (whole === before) return;
    document.body.inert = whole;
    tell("modal", { modal: whole });
  }

  /**
   * @param {string} type
   * @param {object} [body]
   */
  function tell(type, body) {
    if (ready) frame?.contentWindow?.postMessage({ ...body, onethread: type }, origin);
  }

  /** Creates the frame; it says nothing to the server before somebody opens it. */
  function load() {
    if (frame) return;
    const [title] = words();
    frame = make("iframe", { title, referrerPolicy: "strict-origin", onload: safe(greet) });
    frame.allow = "microphone 'none'; camera 'none'; payment 'none'";
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads");
    frame.src = `${base}/frame?site=${encodeURIComponent(site)}`;
    wait.replaceChildren(draw(CHAT));
    panel.classList.remove("ready");
    panel.prepend(frame);
    patience = setTimeout(safe(excuse), READY_WITHIN_MS);
  }

  function greet() {
    ready = true;
    tell("init", { site, kept: kept(), locale });
    ready = false;
  }

  /** On a phone the launcher is covered, so this has its own way out. */
  function excuse() {
    const [, sorry, retry] = words();
    const again = safe(() => {
      frame?.remove();
      frame = null;
      load();
    });
    wait.replaceChildren(
      make("p", { role: "alert", textContent: sorry }),
      make("button", { onclick: again, textContent: retry }),
      make("button", { onclick: safe(shut), textContent: "×" }),
    );
  }

  /** The token to sign in with; one that was given ready-made is used once, a function is asked each time. */
  async function token() {
    const given = identity;
    if (typeof given === "function") return given();
    identity = "";
    return given;
  }

  async function enter() {
    const value = entered ? "" : await token();
    entered = true;
    usedHere("1");
    tell("open", { modal: whole, identity: value });
    if (shown) frame?.focus();
  }

  function open() {
    if (shown) return;
    const active = document.activeElement;
    returnTo = active instanceof HTMLElement && active !== host && active !== document.body ? active : launcher;
    shown = true;
    load();
    sync();
    if (ready) return enter();
  }

  function shut() {
    if (!shown) return;
    shown = false;
    tell("close");
    sync();
    (returnTo?.isConnected ? returnTo : launcher).focus();
  }

  /** @param {MessageEvent} event */
  function hear({ data, source, origin: from }) {
    if (!frame || source !== frame.contentWindow || from !== origin || !data) return;
    const { onethread: type, key, value, count } = data;
    if (type === "ready") return begun();
    if (type === "close") shut();
    if (type === "keep" && typeof key === "string" && (value === null || typeof value === "string")) keep(key, value);
    if (type === "unread" && Number.isInteger(count)) counted(count);
    if (type === "theme" && typeof value === "string") {
      paint(value);
      keep(type, value);
    }
  }

  function begun() {
    clearTimeout(patience);
    ready = true;
    panel.classList.add("ready");
    if (shown) return enter();
    if (usedHere()) tell("connect");
  }

  /** @param {number} count */
  function counted(count) {
    unread = count;
    sync();
    for (const watcher of watchers) safe(watcher)(count);
  }

  /** @param {string} colours accent and what is written on it, by a space */
  function paint(colours) {
    const [accent, ink] = colours.split(" ");
    host.style.setProperty("--accent", accent);
    host.style.setProperty("--ink", ink);
  }

  /** @type {Record<string, (value?: any) => unknown>} */
  const COMMANDS = {
    open,
    close: shut,
    /** Signs the customer in: a token of the shop, or a function that fetches one when it is needed. */
    identify: async (/** @type {Identity} */ value) => {
      identity = value;
      if (entered) tell("identify", { value: await token() });
    },
    /** The customer signed out: everything of theirs leaves this browser. */
    reset: () => {
      shut();
      identity = "";
      entered = false;
      for (const key in kept()) keep(key, null);
      usedHere("");
      tell("reset");
      counted(0);
    },
    locale: (/** @type {string} */ value) => {
      locale = value;
      tell("locale", { value });
      sync();
    },
    /** Calls back with the number of unread messages, now and after every change. */
    unread: (/** @type {(count: number) => void} */ watcher) => {
      watchers.push(watcher);
      watcher(unread);
    },
  };

  function mount() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS_TEXT);
    root.adoptedStyleSheets = [sheet];
    paint(kept().theme ?? `${script?.dataset.accent ?? "#2f6f5e"} #fff`);
    panel.append(wait);
    root.append(panel, launcher);
    launcher.setAttribute("aria-controls", "panel");
    host.onkeydown = safe(({ key }) => key === "Escape" && shut());
    addEventListener("message", safe(hear));
    small.onchange = safe(cover);
    for (const type of ["resize", "scroll"]) visualViewport?.addEventListener(type, safe(cover));
    sync();
    document.documentElement.append(host);
    const queued = api.q;
    for (const name in COMMANDS) api[name] = safe(COMMANDS[name]);
    const push = safe((/** @type {any[][]} */ ...commands) => commands.forEach(([name, value]) => safe(COMMANDS[name])(value)));
    api.q = { push };
    if (Array.isArray(queued)) push(...queued);
    if (usedHere()) setTimeout(safe(load), 1000);
  }

  const api = (page.Onethread ??= { q: [] });
  api.loaded = true;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", safe(mount));
  else safe(mount)();
})();
