// @ts-check
/**
 * The conversation as one browser tab knows it: sessions, threads, what is on its way, who is typing, what is unread.
 * Turns frames into state and wishes into frames. Knows no page; the panel draws what it finds here after `changed`.
 */
import { Connection, Refused } from "./connection.js";
import { ThreadLog, isDurable, isFromUs } from "./log.js";
import { Outbox, uuid7 } from "./outbox.js";
import { openSocket, openStream } from "./transports.js";

const TYPING_LASTS_MS = 6_000;
const TYPING_EVERY_MS = 3_000;
const HUMAN_WITHIN_MS = 10_000;
const RESUME_AGAIN_MS = 2_000;
const SESSION_WITHIN_MS = 10_000;
/** HTTP answers to the session request that will not change by asking again. */
const FINAL = [400, 403, 404];

/** @typedef {{draw: () => void, frame: (frame: ServerFrame) => void, settings: (settings: Settings) => Promise<void>}} Listeners */

export class Chat {
  /** @type {Settings|null} */
  settings = null;
  /** The thread that new messages go to. */
  conv = "";
  /** The earlier thread that is being looked at, if any. @type {string|null} */
  viewed = null;
  /** @type {ThreadEntry[]} */
  threads = [];
  /** Who is typing, by thread. @type {Map<string, Author>} */
  typing = new Map();
  /** What a reply has come to while it is written. @type {Writing|undefined} */
  writing;
  /** Threads that this conversation continued, with their titles. @type {Map<string, string>} */
  joined = new Map();
  /** A person was asked for and nothing has come of it yet. */
  personAsked = false;
  stopCode = 0;
  /** Names this page, not this browser: a duplicated tab is another one. */
  #tab = uuid7();
  #token = "";
  /** @type {Map<string, ThreadLog>} */
  #logs = new Map();
  #identity = "";
  #settledAt = 0;
  /** @type {number|null} */
  #unreadAtWelcome = null;
  #typingSentAt = 0;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #typingTimers = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #humanTimer;
  /** Reads an earlier thread where there is no socket to ask. @type {Link|null} */
  #side = null;

  /**
   * @param {string} site
   * @param {string} locale
   * @param {SiteKeep} keep
   * @param {Listeners} listeners
   */
  constructor(site, locale, keep, listeners) {
    this.site = site;
    this.locale = locale;
    this.keep = keep;
    this.listeners = listeners;
    this.outbox = new Outbox(keep, listeners.draw);
    this.connection = new Connection({
      session: () => this.#fetchSession(),
      open: (kind, events) => (kind === "socket" ? this.#openSocket(events) : this.#openStream(this.conv, events)),
      frame: (frame) => this.#frame(frame),
      phase: (phase, code) => this.#phase(phase, code),
      anew: () => this.#logs.clear(),
    });
  }

  get phase() {
    return this.connection.phase;
  }

  get token() {
    return this.#token;
  }

  /** The thread on the screen. */
  get log() {
    return this.#log(this.viewed ?? this.conv);
  }

  /** Messages not yet in the log. They belong to the current thread. */
  get outgoing() {
    if (this.viewed) return [];
    const shown = new Set(this.log.messages.map((message) => message.cid));
    return this.outbox.entries.filter((entry) => !shown.has(entry.cid));
  }

  get unread() {
    return this.conv ? this.#log(this.conv).unread : 0;
  }

  /** Whether everything that the server announced on connecting is here. */
  get settled() {
    return this.phase === "open" && this.#log(this.conv).last >= this.#settledAt;
  }

  /** Opens the conversation; with a token of the shop, as that customer. @param {string} [identity] */
  start(identity = "") {
    if (identity) this.#identity = identity;
    return identity || !this.#token ? this.connection.renew() : this.connection.start();
  }

  /** Forgets the customer: storage, log and secret. */
  reset() {
    this.connection.stop();
    this.outbox.clear();
    this.#forgetThreads();
    this.keep.setVisitor(null);
    for (const key of ["draft", "signed"]) this.keep.set(key, null);
    this.#identity = this.#token = "";
    this.listeners.draw();
  }

  /**
   * @param {string} text
   * @param {Attachment[]} [attachments]
   * @param {string} [choice]
   */
  say(text, attachments = [], choice) {
    this.#typingSentAt = 0;
    this.viewed = null;
    return this.outbox.add({ text, attachments, choice });
  }

  /** "Talk to a person": by frame where a socket can carry it, else in words, so that the wish is never lost. @param {string} words */
  askForPerson(words) {
    this.personAsked = true;
    const framed = this.connection.linkKind === "socket" && this.connection.send({ t: "human" });
    if (!framed) this.say(words);
    else this.#humanTimer = setTimeout(() => this.say(words), HUMAN_WITHIN_MS);
    this.listeners.draw();
  }

  /** The customer is writing, or stopped. @param {boolean} on */
  tellTyping(on) {
    const due = Date.now() - this.#typingSentAt >= TYPING_EVERY_MS;
    if (on ? !due : this.#typingSentAt === 0) return;
    if (this.connection.send({ t: "typing", on })) this.#typingSentAt = on ? Date.now() : 0;
  }

  /** The panel is visible, focused and shows the end of the thread. */
  markRead() {
    const log = this.log;
    const moved = log.readByMe < log.last;
    log.readByMe = Math.max(log.readByMe, log.last);
    this.#sendRead(log);
    if (moved) this.listeners.draw();
  }

  /** Looks at an earlier thread, or with null at the current one. @param {string|null} conv */
  view(conv) {
    this.viewed = conv === this.conv ? null : conv;
    this.#side?.close();
    this.#side = null;
    if (this.viewed && this.connection.linkKind === "stream") this.#readAside(this.viewed);
    else if (this.viewed) this.#resume(this.viewed);
    this.listeners.draw();
  }

  /** @param {string} conv */
  #log(conv) {
    const log = this.#logs.get(conv) ?? new ThreadLog(conv);
    this.#logs.set(conv, log);
    return log;
  }

  #forgetThreads() {
    this.#logs.clear();
    this.typing.clear();
    this.joined.clear();
    this.threads = [];
    this.conv = "";
    this.viewed = null;
    this.personAsked = false;
  }

  /** @returns {Promise<void>} */
  async #fetchSession() {
    const { site, locale } = this;
    const body = { site, locale, visitor: this.keep.get("visitor") ?? undefined, identity_token: this.#identity || undefined };
    const answer = await fetch(endpoint("session"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(SESSION_WITHIN_MS),
    });
    if (answer.ok) return this.#adopt(await answer.json());
    if (this.#identity && answer.status === 401) {
      this.#identity = "";
      console.warn("Onethread: identity token refused");
      return this.#fetchSession();
    }
    throw FINAL.includes(answer.status) ? new Refused(answer.status) : new Error(`session: ${answer.status}`);
  }

  /** @param {Session} session */
  async #adopt(session) {
    if (this.#identity) this.#signedIn(subjectOf(this.#identity));
    this.#identity = "";
    this.#token = session.token;
    this.settings = session.settings;
    this.conv = session.conv;
    if (session.settings.heartbeat_s) this.connection.heartbeatMs = session.settings.heartbeat_s * 1000;
    this.keep.setVisitor(session.visitor);
    await this.listeners.settings(session.settings);
  }

  /** Another customer than before sees nothing of the first; what an anonymous visitor wrote goes along. @param {string} subject */
  #signedIn(subject) {
    const before = this.keep.get("signed");
    this.keep.set("signed", subject);
    if (before === null || before === subject) return;
    this.outbox.clear();
    this.#forgetThreads();
  }

  /** @param {LinkEvents} events */
  #openSocket(events) {
    const url = endpoint("socket");
    url.protocol = url.protocol.replace("http", "ws");
    const held = [...this.#logs.values()].filter((log) => log.last > 0);
    const seen = Object.fromEntries(held.map((log) => [log.conv, log.last]));
    const hello = { t: "hello", v: 1, token: this.#token, conv: this.conv, last_seq: this.#log(this.conv).last, seen, tab: this.#tab };
    return openSocket(url, hello, events);
  }

  /**
   * @param {string} conv
   * @param {LinkEvents} events
   */
  #openStream(conv, events) {
    const url = endpoint("events", { conv, after: String(this.#log(conv).last) });
    return openStream({ events: url, send: endpoint("send"), token: this.#token, conv }, events);
  }

  /** @param {string} conv */
  #readAside(conv) {
    const nothing = () => {};
    const frame = (/** @type {ServerFrame} */ one) => isDurable(one) && this.#durable(one);
    this.#side = this.#openStream(conv, { open: nothing, traffic: nothing, closed: nothing, frame });
  }

  /**
   * @param {Phase} phase
   * @param {number} code
   */
  #phase(phase, code) {
    this.stopCode = phase === "stopped" ? code : 0;
    if (phase === "open") {
      this.outbox.online((frame) => this.connection.send(frame));
      for (const log of this.#logs.values()) this.#sendRead(log);
    } else {
      this.outbox.offline();
      this.typing.clear();
      this.writing = undefined;
    }
    this.listeners.draw();
  }

  /** @param {ServerFrame} frame */
  #frame(frame) {
    if (isDurable(frame)) this.#durable(frame);
    else if (frame.t === "welcome") this.#welcome(frame);
    else if (frame.t === "ack") this.#ack(frame);
    else if (frame.t === "nack") this.#nack(frame);
    else if (frame.t === "typing") this.#typing(frame);
    else if (frame.t === "delta") this.#write(frame);
    else if (frame.t === "turn_end" && frame.turn === this.writing?.id) this.writing = undefined;
    else if (frame.t === "read") this.#read(frame);
    else if (frame.t === "thread") this.#join(frame.conv, frame.title);
    this.listeners.frame(frame);
    if (frame.t !== "pong") this.listeners.draw();
  }

  /** @param {WelcomeFrame} frame */
  #welcome(frame) {
    this.conv = frame.conv;
    const log = this.#log(frame.conv);
    if (frame.resume === "reset") log.reset();
    if (frame.state) log.state = frame.state;
    this.threads = (frame.threads ?? []).filter((thread) => thread.conv !== frame.conv);
    this.#settledAt = frame.seq;
    this.#unreadAtWelcome = frame.unread ?? null;
    this.#settle(log);
  }

  /** Once the replay is complete, the server's count of unread messages becomes a place in the log. @param {ThreadLog} log */
  #settle(log) {
    if (log.conv !== this.conv || log.last < this.#settledAt || this.#unreadAtWelcome === null) return;
    log.markUnread(this.#unreadAtWelcome);
    log.readTold = log.readByMe;
    this.#unreadAtWelcome = null;
  }

  /** @param {DurableFrame} frame */
  #durable(frame) {
    const log = this.#log(frame.conv);
    const { applied, gap } = log.apply(frame);
    if (frame.conv === this.writing?.conv) this.writing = undefined;
    for (const one of applied) if (one.t === "msg") this.#arrived(one);
    if (frame.t === "state") this.personAsked = false;
    if (gap) this.#resume(frame.conv);
    this.#settle(log);
  }

  /** @param {MsgFrame} message */
  #arrived(message) {
    clearTimeout(this.#humanTimer);
    if (message.cid) this.outbox.seen(message.cid);
    if (!isFromUs(message)) return;
    this.personAsked = false;
    this.#stopTyping(message.conv);
  }

  /** @param {AckFrame} frame */
  #ack(frame) {
    this.outbox.ack(frame.cid, frame.seq);
    if (frame.conv !== this.conv) this.#join(frame.conv, "");
    setTimeout(() => this.#log(frame.conv).last < frame.seq && this.#resume(frame.conv), RESUME_AGAIN_MS);
  }

  /** @param {NackFrame} frame */
  #nack(frame) {
    const closed = frame.code === "closed";
    this.outbox.nack(frame.cid, frame.code, frame.retryable || closed);
    if (closed) void this.connection.renew();
  }

  /** @param {TypingFrame} frame */
  #typing(frame) {
    this.#stopTyping(frame.conv);
    if (!frame.on || frame.who.type === "customer") return;
    this.typing.set(frame.conv, frame.who);
    const over = () => {
      this.#stopTyping(frame.conv);
      this.listeners.draw();
    };
    this.#typingTimers.set(frame.conv, setTimeout(over, TYPING_LASTS_MS));
  }

  /** @param {string} conv */
  #stopTyping(conv) {
    clearTimeout(this.#typingTimers.get(conv));
    this.typing.delete(conv);
  }

  /** The next sentences of a reply; what does not go on where the last one ended waits for the message. @param {DeltaFrame} frame */
  #write(frame) {
    const { writing } = this;
    const goesOn = writing?.id === frame.turn && writing.i + 1 === frame.i;
    if (goesOn || !frame.i) this.writing = /** @type {any} */ ({ ...frame, id: frame.turn, text: (goesOn ? writing.text : "") + frame.text });
  }

  /** @param {ReadFrame} frame */
  #read(frame) {
    const log = this.#log(frame.conv);
    const who = typeof frame.who === "string" ? frame.who : frame.who?.type;
    if (who === "customer") log.readByMe = Math.max(log.readByMe, frame.seq);
    else log.readByThem = Math.max(log.readByThem, frame.seq);
  }

  /**
   * What was said belongs to another thread: that one is the conversation from here on.
   * @param {string} conv
   * @param {string} title
   */
  #join(conv, title) {
    if (title || !this.joined.has(conv)) this.joined.set(conv, title);
    if (conv === this.conv) return;
    this.conv = conv;
    this.viewed = null;
    this.threads = this.threads.filter((thread) => thread.conv !== conv);
    this.#resume(conv);
  }

  /** @param {ThreadLog} log */
  #sendRead(log) {
    if (log.readByMe > log.readTold && this.connection.send({ t: "read", conv: log.conv, seq: log.readByMe })) log.readTold = log.readByMe;
  }

  /**
   * Asks for what is missing, not more often than every 2 s, until the hole is closed.
   * @param {string} conv
   */
  #resume(conv) {
    const log = this.#log(conv);
    if (Date.now() - log.resumedAt < RESUME_AGAIN_MS) return;
    log.resumedAt = Date.now();
    if (this.connection.linkKind === "stream") void this.connection.start();
    else this.connection.send({ t: "resume", conv, last_seq: log.last });
    setTimeout(() => log.hole && this.#resume(conv), RESUME_AGAIN_MS + 100);
  }
}

/**
 * The address of a door beside this document.
 * @param {string} name
 * @param {Record<string, string>} [query]
 */
export function endpoint(name, query) {
  const url = new URL(name, location.origin + location.pathname);
  url.search = new URLSearchParams(query).toString();
  return url;
}

/** Whom a token of the shop is about; not proof, only a way to see that it is somebody else. @param {string} token */
function subjectOf(token) {
  try {
    return String(JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub);
  } catch {
    return token;
  }
}
