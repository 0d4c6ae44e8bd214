// @ts-check
/**
 * Keeps exactly one link to the server alive: which kind, when to try again, when a silent link counts as dead and
 * which close codes end it for good. Knows frames only as far as `bye` and `welcome`; the conversation is not its business.
 */
const FIRST_MS = 500;
export const MOST_MS = 30_000;
export const OPEN_WITHIN_MS = 5_000;
const STABLE_AFTER_MS = 10_000;
const SILENT_FOR_MS = 45_000;
/** The stream carries a comment every 15 s; a little later it is late. */
const COMMENT_EVERY_MS = 17_000;
const ANSWER_WITHIN_MS = 2_000;
const TICKET_LIVES_MS = 4 * 60_000;
const SOCKET_TRIES = 2;
const RATE_WAIT_MS = 30_000;
const MEMORY = "onethread:stream";
/** Close codes of the 44xx range after which a client may come back. */
const COME_BACK = new Set([4401, 4404, 4408, 4429]);

/** How long to wait before the next try: exponential with full jitter, so that a restart is not met by a stampede. */
export class Backoff {
  #failures = 0;
  #random;

  /** @param {() => number} [random] uniform in [0, 1) */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** Milliseconds until the next try; the ceiling doubles with every call up to 30 s. */
  next() {
    const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return this.#random() * ceiling;
  }

  reset() {
    this.#failures = 0;
  }
}

/**
 * The session endpoint said no, for good: `code` is the HTTP status.
 */
export class Refused extends Error {
  /** @param {number} code */
  constructor(code) {
    super(`refused: ${code}`);
    this.code = code;
  }
}

/**
 * @typedef {object} Wiring
 * @property {() => Promise<unknown>} session fetches a new ticket; throws Refused for a final no
 * @property {(kind: "socket"|"stream", events: LinkEvents) => Link} open
 * @property {(frame: ServerFrame) => void} frame
 * @property {(phase: Phase, code: number) => void} phase
 * @property {() => void} anew the thread is gone: forget it
 * @property {Backoff} [backoff]
 */
export class Connection {
  /** @type {Phase} */
  phase = "waiting";
  heartbeatMs = 15_000;
  /** What the present link is. @type {"socket"|"stream"} */
  linkKind = "socket";
  #wiring;
  #backoff;
  /** @type {Link|null} */
  #link = null;
  /** Sockets do not get through here; remembered for the tab where that is allowed. */
  #streams = remembered();
  #turn = 0;
  #ticketAt = -Infinity;
  #ticketRenewed = false;
  #socketFailures = 0;
  #socketWorked = false;
  #retryAfterMs = 0;
  #lastTraffic = 0;
  #pings = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #retry;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #stable;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #pulse;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #deadline;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
    this.#backoff = wiring.backoff ?? new Backoff();
  }

  /** Which way the next link takes. @returns {"socket"|"stream"} */
  get kind() {
    return this.#streams || this.#socketFailures >= SOCKET_TRIES ? "stream" : "socket";
  }

  /** Connects now; a link that is already up or on its way is replaced. */
  async start() {
    const turn = this.#drop();
    this.#change("connecting");
    try {
      if (Date.now() - this.#ticketAt > TICKET_LIVES_MS) {
        await this.#wiring.session();
        this.#ticketAt = Date.now();
      }
    } catch (error) {
      if (turn === this.#turn) this.#refused(error);
      return;
    }
    if (turn === this.#turn) this.#open(turn);
  }

  /** Fetches a new ticket and connects with it. */
  renew() {
    this.#ticketAt = -Infinity;
    return this.start();
  }

  /** Ends the link and stays away. */
  stop(code = 1000) {
    this.#drop();
    this.#change("stopped", code);
  }

  /**
   * Sends if the link is up; says whether it was.
   * @param {object} frame
   */
  send(frame) {
    if (this.phase !== "open" || !this.#link) return false;
    this.#link.send(frame);
    return true;
  }

  /** The page woke up or the network came back: a dead link is found within 2 s, a waiting one tries at once. */
  check() {
    if (this.phase === "waiting") void this.start();
    if (this.phase !== "open") return;
    const asked = Date.now();
    if (this.linkKind === "stream") {
      if (asked - this.#lastTraffic > COMMENT_EVERY_MS) void this.start();
      return;
    }
    this.#ping();
    const turn = this.#turn;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      if (turn === this.#turn && this.#lastTraffic < asked) void this.start();
    }, ANSWER_WITHIN_MS);
  }

  /** @param {number} turn */
  #open(turn) {
    const kind = (this.linkKind = this.kind);
    const mine = () => turn === this.#turn;
    this.#deadline = setTimeout(() => mine() && this.#closed(1006, kind), OPEN_WITHIN_MS);
    this.#link = this.#wiring.open(kind, {
      open: () => mine() && this.#opened(kind),
      traffic: () => mine() && (this.#lastTraffic = Date.now()),
      frame: (frame) => mine() && this.#frame(frame),
      closed: (code) => mine() && this.#closed(code, kind),
    });
  }

  /** @param {"socket"|"stream"} kind */
  #opened(kind) {
    clearTimeout(this.#deadline);
    this.#lastTraffic = Date.now();
    this.#ticketRenewed = false;
    this.#socketFailures = 0;
    if (kind === "socket") this.#socketWorked = true;
    else if (!this.#socketWorked) this.#streams = remembered(true);
    this.#stable = setTimeout(() => this.#backoff.reset(), STABLE_AFTER_MS);
    this.#pulse = setInterval(() => this.#beat(), this.heartbeatMs);
    this.#change("open");
  }

  #beat() {
    if (Date.now() - this.#lastTraffic > SILENT_FOR_MS) void this.start();
    else this.#ping();
  }

  #ping() {
    this.#link?.send({ t: "ping", n: ++this.#pings });
  }

  /** @param {ServerFrame} frame */
  #frame(frame) {
    if (frame.t === "bye") this.#retryAfterMs = (frame.retry_after ?? 0) * 1000;
    this.#wiring.frame(frame);
  }

  /**
   * @param {number} code
   * @param {"socket"|"stream"} kind
   */
  #closed(code, kind) {
    const wasOpen = this.phase === "open";
    this.#drop();
    if (!wasOpen && code < 4400) this.#count(kind);
    if (code >= 4400 && code < 4500 && !COME_BACK.has(code)) return this.#change("stopped", code);
    if (code === 4401) return this.#expired();
    if (code === 4404) this.#forget();
    if (code === 4408 || code === 4404) return void this.start();
    return this.#wait(code === 4429 ? RATE_WAIT_MS : 0);
  }

  #forget() {
    this.#ticketAt = -Infinity;
    this.#wiring.anew();
  }

  #expired() {
    if (this.#ticketRenewed) return this.#change("stopped", 4401);
    this.#ticketRenewed = true;
    return void this.renew();
  }

  /**
   * A way that could not be opened: twice for the socket, then the stream has its try, then the socket again.
   * @param {"socket"|"stream"} kind
   */
  #count(kind) {
    this.#socketFailures = kind === "socket" ? this.#socketFailures + 1 : 0;
  }

  /** @param {number} atLeastMs */
  #wait(atLeastMs) {
    const delay = Math.max(this.#backoff.next(), this.#retryAfterMs, atLeastMs && atLeastMs * (1 + Math.random() / 2));
    this.#retryAfterMs = 0;
    this.#change("waiting");
    this.#retry = setTimeout(() => void this.start(), delay);
  }

  /** @param {unknown} error */
  #refused(error) {
    if (error instanceof Refused) this.#change("stopped", error.code);
    else this.#wait(0);
  }

  /** Cuts the link and every timer of it; the number returned names the next attempt. */
  #drop() {
    const link = this.#link;
    this.#link = null;
    for (const timer of [this.#retry, this.#stable, this.#deadline]) clearTimeout(timer);
    clearInterval(this.#pulse);
    this.#turn += 1;
    link?.close();
    return this.#turn;
  }

  /**
   * @param {Phase} phase
   * @param {number} [code]
   */
  #change(phase, code = 0) {
    this.phase = phase;
    this.#wiring.phase(phase, code);
  }
}

/** Whether only streams get through, as far as this tab knows. @param {boolean} [now] */
function remembered(now = false) {
  try {
    if (now) sessionStorage.setItem(MEMORY, "1");
    return now || sessionStorage.getItem(MEMORY) === "1";
  } catch {
    return now;
  }
}
