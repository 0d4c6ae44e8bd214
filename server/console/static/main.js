// @ts-check
/** Puts the console together: applies frames to what is held, draws what changed, and does what a person asks for. */
import { Alerts } from "./alerts.js";
import * as api from "./api.js";
import { Composer } from "./composer.js";
import { byId, el, face, icon, iconButton } from "./dom.js";
import { InboxPane } from "./inbox.js";
import { correct, promise } from "./decisions.js";
import * as keys from "./keys.js";
import { Link } from "./link.js";
import { PanelPane } from "./panel.js";
import { Inbox, Log } from "./store.js";
import { ThreadPane } from "./thread.js";
import * as words from "./words.js";

/** @typedef {import("./types.js").Row} Row */

const body = document.body;
/** @type {import("./types.js").Me} */
const me = { id: body.dataset.agent ?? "", name: body.dataset.name ?? "", role: body.dataset.role ?? "", mayAct: body.dataset.mayAct === "yes" };
const assistant = body.dataset.assistant ?? "The assistant";
const READ_AFTER_MS = 400;
const BANNER_AFTER_MS = 1_500;

class Console {
  inbox = new Inbox(me.id);
  /** @type {Log|null} */
  log = null;
  /** @type {import("./types.js").Panel|null} */
  panel = null;
  /** @type {import("./types.js").Here[]} */
  here = [];
  #readTo = 0;
  #asked = -1;
  /** What is sent goes out one after the other. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** The number of the last own reply, by conversation: nothing of others stands before it unseen. @type {Map<string, number>} */
  #sent = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #reading;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #bannerLater;

  constructor() {
    this.alerts = new Alerts((conv) => this.open(conv));
    this.inboxPane = new InboxPane(byId("inbox"), this.inbox, { me, open: (conv) => this.open(conv), embed: body.dataset.embed ?? "" });
    this.threadPane = new ThreadPane(byId("thread"), { me, assistant, act: (name) => this.act(name), correct: () => this.correct(), back: () => this.toInbox(), details: () => this.toggleDetails(), seen: () => this.readSoon() });
    this.panelPane = new PanelPane(byId("panel"), { open: (conv) => this.open(conv), close: () => this.toggleDetails(false), mayAct: me.mayAct, decide: (approval, isYes, reason) => void this.decide(approval, isYes, reason), promise: (order) => this.promise(order) });
    this.composer = new Composer(this.threadPane.foot, { me, send: (sending) => this.send(sending), typing: (on) => this.typing(on) });
    this.link = new Link({ hello: () => this.hello(), frame: (frame) => this.frame(frame), phase: (phase, code) => this.phase(phase, code) });
    this.tools();
    this.keys();
    addEventListener("popstate", () => this.route());
    document.addEventListener("visibilitychange", () => this.readSoon());
    addEventListener("focus", () => this.readSoon());
    setInterval(() => this.drawBanner(), 10_000);
    this.inboxPane.draw();
    this.route();
    this.link.start();
  }

  // The server

  hello() {
    this.#asked = -1;
    return { t: "hello", v: 1, tab: "console", seen: this.log ? { [this.log.conv]: this.log.last } : {} };
  }

  /** @param {any} frame */
  frame(frame) {
    const answers = /** @type {Record<string, (frame: any) => void>} */ ({
      welcome: () => this.welcome(),
      inbox: (inbox) => this.applyInbox(inbox),
      event: (event) => this.applyEvent(event),
      panel: (panel) => this.applyPanel(panel),
      presence: ({ agents }) => this.applyPresence(agents),
      typing: ({ conv, who, on }) => conv === this.log?.conv && this.threadPane.showTyping(who, on),
      read: ({ conv, who, seq }) => conv === this.log?.conv && who === "customer" && this.threadPane.showRead(seq),
      error: ({ code, conv }) => code === "not_found" && conv === this.log?.conv && this.missing(),
    });
    answers[frame.t]?.(frame);
  }

  welcome() {
    if (this.log) this.link.send({ t: "open", conv: this.log.conv, last_seq: this.log.last });
    this.readSoon();
  }

  /** @param {any} frame */
  applyInbox(frame) {
    const wasLoaded = this.inbox.isLoaded;
    for (const [before, row] of this.inbox.apply(frame)) if (wasLoaded && !frame.reset) this.callFor(before, row);
    this.alerts.badge(this.inbox.counts().person);
    this.inboxPane.draw();
    if (this.log) this.drawHead();
  }

  /** @param {Row|undefined} before @param {Row} row */
  callFor(before, row) {
    if (row.owner.type === "queue" && before?.owner.type !== "queue") {
      this.alerts.call(row, "A customer needs a person");
      byId("announcer").textContent = `${row.customer.name || "A visitor"} needs a person: ${words.reason(row.handoff_reason)}`;
    } else if (row.owner.id === me.id && row.unread && row.waiting_since && row.seq !== before?.seq && row.preview !== before?.preview) {
      this.alerts.call(row, "A customer answered");
    }
  }

  /** @param {import("./types.js").DeskEvent} event */
  applyEvent(event) {
    if (event.conv !== this.log?.conv) return;
    const came = this.log.apply(event);
    if (came === "gap") return this.askAgain();
    if (came === "anew") this.threadPane.clear();
    if (came === "old") return;
    this.threadPane.add(event);
    this.readSoon();
  }

  /** Something is missing: ask once for what comes after the last number held. */
  askAgain() {
    if (!this.log || this.#asked === this.log.last) return;
    this.#asked = this.log.last;
    this.link.send({ t: "open", conv: this.log.conv, last_seq: this.log.last });
  }

  /** @param {import("./types.js").Panel} panel */
  applyPanel(panel) {
    if (panel.conv !== this.log?.conv) return;
    this.panel = panel;
    this.threadPane.ready();
    this.panelPane.draw(panel);
    this.composer.showDrafts(me.mayAct ? panel.drafts : []);
    this.drawHead();
  }

  /** @param {import("./types.js").Here[]} agents */
  applyPresence(agents) {
    this.here = agents;
    const others = agents.filter((one) => one.id !== me.id);
    byId("people").replaceChildren(...others.slice(0, 5).map((one) => el("li", { title: `${one.name} is here` }, face(one.name, "small agent"), el("span", { className: "unseen" }, one.name))));
    this.drawHead();
  }

  /** @param {import("./types.js").Phase} phase @param {number} code */
  phase(phase, code) {
    clearTimeout(this.#bannerLater);
    if (phase === "stopped") return this.drawBanner(code);
    if (phase === "open") return this.drawBanner();
    this.#bannerLater = setTimeout(() => this.drawBanner(), BANNER_AFTER_MS);
  }

  /** How old what is shown is, while the server is out of reach. @param {number} [code] */
  drawBanner(code = 0) {
    const banner = byId("banner");
    if (this.link.phase === "open") {
      banner.hidden = true;
      byId("link-state").replaceChildren(el("span", { className: "live" }), "Live");
      return;
    }
    byId("link-state").replaceChildren(el("span", { className: "live off" }), "Offline");
    if (this.link.phase === "stopped") {
      if (code) banner.replaceChildren(...stoppedWords(code));
    } else {
      const age = this.link.heardAt ? ` What you see is from ${words.clock(new Date(this.link.heardAt).toISOString())}, ${words.since(new Date(this.link.heardAt).toISOString(), new Date())} old.`.replace("now old", "just now") : "";
      banner.textContent = `The connection is gone; trying again.${age} What you write is kept.`;
    }
    banner.hidden = false;
  }

  // Moving about

  /** Shows what the address says. */
  route() {
    const found = /^\/console\/t\/([\w-]+)$/.exec(location.pathname);
    if (found) this.show(found[1]);
    else this.hide();
  }

  /** @param {string} conv */
  open(conv) {
    if (location.pathname !== `/console/t/${conv}`) history.pushState({ fromInbox: true }, "", `/console/t/${conv}`);
    this.show(conv);
  }

  /** @param {string} conv */
  show(conv) {
    body.dataset.show = "thread";
    if (this.log?.conv === conv) return;
    if (this.log) this.link.send({ t: "leave", conv: this.log.conv });
    this.log = new Log(conv);
    this.panel = null;
    this.#readTo = 0;
    this.#asked = -1;
    this.threadPane.clear();
    this.panelPane.clear();
    this.composer.open(conv);
    this.inboxPane.mark(conv);
    this.drawHead();
    this.link.send({ t: "open", conv, last_seq: 0 });
    this.threadPane.scroll.focus({ preventScroll: true });
  }

  hide() {
    body.dataset.show = "inbox";
    if (this.log) this.link.send({ t: "leave", conv: this.log.conv });
    this.composer.open("");
    this.log = null;
    this.panel = null;
    this.threadPane.close();
    this.panelPane.clear();
    this.inboxPane.mark("");
    this.alerts.badge(this.inbox.counts().person, `Inbox · ${body.dataset.shop}`);
  }

  toInbox() {
    if (history.state?.fromInbox) return history.back();
    history.pushState(null, "", "/console");
    return this.hide();
  }

  /** @param {boolean} [on] */
  toggleDetails(on = body.dataset.show !== "panel") {
    body.dataset.show = on ? "panel" : "thread";
    if (on) this.panelPane.body.focus();
  }

  missing() {
    this.threadPane.close();
    this.threadPane.nothing.replaceChildren(icon("warn"), el("h2", null, "This conversation is not here"), el("p", null, "It may have been merged or erased. Choose another one from the inbox."));
  }

  /** The row of the open conversation. */
  get row() {
    return this.log ? this.inbox.rows.get(this.log.conv) ?? null : null;
  }

  drawHead() {
    const row = this.row ?? this.olderRow();
    if (!this.log || !row) return;
    this.threadPane.drawHead(row, this.here.filter((one) => one.id !== me.id && one.conv === row.conv));
    this.composer.describe(row, this.panel);
    this.alerts.badge(this.inbox.counts().person, `${words.called(row)} · ${body.dataset.shop}`);
  }

  /** A conversation that left the inbox, as far as its log tells. @returns {Row|null} */
  olderRow() {
    if (!this.log || !this.panel) return null;
    const last = this.log.events.at(-1);
    return {
      conv: this.log.conv, number: 0, title: "", customer: { id: this.panel.customer.id, name: this.panel.customer.name, vip: this.panel.customer.vip },
      preview: "", channel: this.panel.recipient.channel, order: "", owner: { type: "assistant", id: "", name: "" }, seq: this.log.last, unread: false,
      waiting_since: null, last_at: last?.ts ?? "", status: "closed", priority: "medium", priority_reason: "", category: "", mood: 0,
      language: this.panel.customer.language, handoff_reason: "",
    };
  }

  // Reading and typing

  readSoon() {
    clearTimeout(this.#reading);
    this.#reading = setTimeout(() => this.read(), READ_AFTER_MS);
  }

  read() {
    if (!this.log || document.hidden || !document.hasFocus() || !this.threadPane.isAtEnd || this.log.last <= this.#readTo) return;
    if (this.link.send({ t: "read", conv: this.log.conv, seq: this.log.last })) this.#readTo = this.log.last;
  }

  /** @param {boolean} on */
  typing(on) {
    if (this.log) this.link.send({ t: "typing", conv: this.log.conv, on });
  }

  // Doing

  /** @param {import("./thread.js").Act} name */
  async act(name) {
    const log = this.log;
    if (!log || !me.mayAct) return;
    const buttons = [...this.threadPane.state.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    const answer = await api.act(log.conv, name, name === "resolve" ? { seen_seq: log.last } : {});
    for (const button of buttons) button.disabled = false;
    if (answer.body?.thread) this.applyInbox({ rows: [answer.body.thread], removed: [] });
    if (answer.status === 409) this.say("Not resolved: something happened here while you looked. Read it and press Resolve again.");
    else if (answer.status >= 300 || !answer.status) this.say(api.words(answer));
    else if (name === "claim" && !["INPUT", "TEXTAREA"].includes(document.activeElement?.tagName ?? "")) this.composer.text.focus();
  }

  /** @param {import("./types.js").Approval} approval @param {boolean} isYes @param {string} reason */
  async decide(approval, isYes, reason) {
    for (const button of this.panelPane.body.querySelectorAll("[data-decide]")) /** @type {HTMLButtonElement} */ (button).disabled = true;
    const answer = await api.decide(approval, isYes, reason);
    if (answer.status === 200) this.say(!isYes ? "Refused. Nothing was done; tell the customer." : answer.body.done ? "Done. Tell the customer." : answer.body.state === "awaiting" ? "Your agreement counts. One more person must agree." : "Approved; it is being carried out.");
    else this.say(api.words(answer));
    for (const button of this.panelPane.body.querySelectorAll("[data-decide]")) /** @type {HTMLButtonElement} */ (button).disabled = false;
  }

  /** Promises a longer time to send an order's goods back. @param {string} order */
  promise(order) {
    const conv = this.log?.conv;
    if (!conv || !me.mayAct) return;
    promise(order, (until) => {
      void api.act(conv, "promise", { order, until }).then((answer) => {
        if (answer.body?.thread) this.applyInbox({ rows: [answer.body.thread], removed: [] });
        this.say(answer.status === 201 ? `Promised: goods of ${order} may come back until ${words.date(until)}. Tell the customer.` : api.words(answer));
      });
    });
  }

  /** Sets right what was understood. */
  correct() {
    const row = this.row;
    if (!row || !me.mayAct) return;
    correct(row, (field, value) => {
      void api.act(row.conv, "correct", { field, value }).then((answer) => {
        if (answer.body?.thread) this.applyInbox({ rows: [answer.body.thread], removed: [] });
        if (answer.status !== 201) this.say(api.words(answer));
      });
    });
  }

  /**
   * Sends what was written, after what was sent before it. Nothing is lost on the way: it arrives, or it comes back.
   * @param {import("./composer.js").Sending} sending
   * @param {string} [conv]
   */
  send(sending, conv = this.log?.conv ?? "") {
    const pending = { ...sending, failed: "", again: () => this.send(sending, conv), drop: () => this.takeBack(sending, conv) };
    if (this.log?.conv === conv) this.threadPane.showPending(sending.key, pending);
    const seen = this.log?.conv === conv ? this.log.last : 0;
    this.#queue = this.#queue.then(() => this.#deliver(sending, conv, seen, pending));
  }

  /**
   * @param {import("./composer.js").Sending} sending
   * @param {string} conv
   * @param {number} seen what its author saw; what they sent themselves since counts as seen
   * @param {import("./thread.js").Pending} pending
   */
  async #deliver(sending, conv, seen, pending) {
    const content = { text: sending.text, idempotency_key: sending.key };
    const sight = { seen_seq: Math.max(seen, this.#sent.get(conv) ?? 0), ...(sending.draft ? { draft: sending.draft } : {}) };
    const answer = await (sending.mode === "note" ? api.act(conv, "note", content) : api.act(conv, "reply", { ...content, ...sight }));
    if (answer.body?.thread) this.applyInbox({ rows: [answer.body.thread], removed: [] });
    if (answer.status === 201 && sending.mode === "reply") this.#sent.set(conv, answer.body.seq);
    if (this.log?.conv !== conv) return this.sentElsewhere(answer, sending, conv);
    if (answer.status === 409) return this.moved(sending, answer.body.since ?? []);
    if (answer.status === 200 || answer.status === 201) return this.applyEvent(answer.body);
    if (answer.status === 0 || answer.status >= 500) return this.threadPane.showPending(sending.key, { ...pending, failed: api.words(answer) });
    this.takeBack(sending, conv);
    return this.say(api.words(answer));
  }

  /** The conversation moved while somebody wrote: the text comes back, with what happened. @param {import("./composer.js").Sending} sending @param {import("./types.js").DeskEvent[]} since */
  moved(sending, since) {
    this.takeBack(sending, this.log?.conv ?? "");
    for (const event of since) this.applyEvent(event);
    this.composer.showArrived(since.map(arrivedLine), () => this.composer.sendNow());
  }

  /** @param {import("./composer.js").Sending} sending @param {string} conv */
  takeBack(sending, conv) {
    if (this.log?.conv !== conv) return;
    this.threadPane.settled(sending.key);
    this.composer.restore(sending);
  }

  /** The author has gone to another conversation: what was not sent waits in its own. @param {api.Answer} answer @param {import("./composer.js").Sending} sending @param {string} conv */
  sentElsewhere(answer, sending, conv) {
    if (answer.status === 200 || answer.status === 201) return;
    this.composer.keepFor(conv, sending);
    const name = this.inbox.rows.get(conv)?.customer.name || "a visitor";
    this.say(`Your text to ${name} was not sent. It waits in that conversation.`, () => this.open(conv));
  }

  /** Says something for a while. @param {string} text @param {() => void} [go] */
  say(text, go) {
    const toast = el("div", { className: "toast", role: "alert" }, el("span", null, text), go && el("button", { type: "button", className: "inline", onclick: go }, "Open it"), iconButton("close", "Close", () => toast.remove()));
    document.querySelector(".toast")?.remove();
    body.append(toast);
    setTimeout(() => toast.remove(), 12_000);
  }

  // Tools and keys

  tools() {
    const sound = iconButton("sound", "", () => this.alerts.setSound(!this.alerts.isLoud));
    const notify = iconButton("bell", "", () => void this.alerts.askToNotify().then(draw));
    const draw = () => {
      label(sound, this.alerts.isLoud ? "sound" : "soundOff", this.alerts.isLoud ? "Sound is on" : "Sound is off", this.alerts.isLoud);
      label(notify, this.alerts.notifies ? "bell" : "bellOff", this.alerts.notifies ? "Notifications are on" : "Notifications are off", this.alerts.notifies);
      notify.hidden = !this.alerts.canNotify;
    };
    sound.addEventListener("click", draw);
    draw();
    byId("bar-tools").append(sound, notify, iconButton("help", "Keys", () => this.help()));
    this.menu();
  }

  menu() {
    const menu = /** @type {HTMLDetailsElement} */ (byId("menu"));
    const initials = menu.querySelector(".face");
    initials?.replaceWith(face(me.name, "agent"));
    const away = el("button", { type: "button", className: "menu-item", "aria-pressed": "false" }, "Step away");
    away.onclick = () => {
      const isAway = away.getAttribute("aria-pressed") !== "true";
      away.setAttribute("aria-pressed", String(isAway));
      away.textContent = isAway ? "I am back" : "Step away";
      menu.classList.toggle("away", isAway);
      this.link.send({ t: "presence", away: isAway });
    };
    byId("menu-choices").append(away);
    document.addEventListener("click", (event) => event.target instanceof Node && !menu.contains(event.target) && menu.removeAttribute("open"));
  }

  help() {
    /** @type {HTMLDialogElement} */ (byId("help")).showModal();
  }

  /** @param {"reply"|"note"} mode */
  write(mode) {
    if (!this.log || !me.mayAct) return;
    this.composer.setMode(mode);
    this.composer.text.focus();
  }

  keys() {
    keys.listen(
      [
        { key: "j", shown: "J", does: "Next conversation", act: () => this.inboxPane.step(1) },
        { key: "k", shown: "K", does: "Previous conversation", act: () => this.inboxPane.step(-1) },
        { key: "Enter", shown: "Enter", does: "Open the marked conversation", act: () => this.inboxPane.step(1) },
        { key: "t", shown: "T", does: "Take over", act: () => void this.act("claim") },
        { key: "r", shown: "R", does: "Write a reply", act: () => this.write("reply") },
        { key: "n", shown: "N", does: "Write a note", act: () => this.write("note") },
        { key: "e", shown: "E", does: "Resolve", act: () => void this.act("resolve") },
        { key: "b", shown: "B", does: "Hand back to the assistant", act: () => void this.act("hand_back") },
        { key: "l", shown: "L", does: "Correct the label", act: () => this.correct() },
        { key: "/", shown: "/", does: "Filter the inbox", act: () => this.inboxPane.filter.focus() },
        { key: "?", shown: "?", does: "Show these keys", act: () => this.help() },
        { key: "Escape", shown: "Esc", does: "Leave a field, go back", act: () => (body.dataset.show === "panel" ? this.toggleDetails(false) : this.toInbox()) },
      ],
      /** @type {HTMLDialogElement} */ (byId("help")),
    );
  }
}

/** @param {HTMLElement} button @param {import("./dom.js").IconName} sign @param {string} said @param {boolean} on */
function label(button, sign, said, on) {
  button.setAttribute("aria-label", said);
  button.setAttribute("aria-pressed", String(on));
  button.title = said;
  button.replaceChildren(icon(sign));
}

/** @param {import("./types.js").DeskEvent} event */
function arrivedLine(event) {
  const name = event.author.name || (event.author.type === "customer" ? "The customer" : assistant);
  const said = event.type === "message" ? `: ${String(event.body.text ?? "").slice(0, 200)}` : event.type === "assigned" ? " changed who has the conversation" : ` (${words.plain(event.type)})`;
  return el("li", { dir: "auto" }, el("strong", null, name), said);
}

/** @param {number} code */
function stoppedWords(code) {
  if (code === 4401) return ["You are signed out. ", el("a", { href: location.pathname }, "Sign in again"), "; what you wrote is kept."];
  if (code === 4409) return ["The console is open in too many tabs; this one has stopped. ", el("a", { href: location.pathname }, "Use it here")];
  return ["The server refused this page. ", el("a", { href: location.pathname }, "Load it again")];
}

new Console();
