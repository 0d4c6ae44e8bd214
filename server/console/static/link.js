// @ts-check
/**
 * Keeps one socket to the server alive: when to try again, when a silent socket counts as dead, which close codes end it
 * for good. Knows frames only as far as `bye`; the desk is not its business.
 */

const FIRST_MS = 500;
const MOST_MS = 15_000;
const OPEN_WITHIN_MS = 5_000;
const HEARTBEAT_MS = 15_000;
const SILENT_FOR_MS = 40_000;
const ANSWER_WITHIN_MS = 2_000;
const STABLE_AFTER_MS = 10_000;
/** 4401: the session ended. 4403: not from here. 4409: too many tabs. */
const FINAL = new Set([4400, 4401, 4403, 4409]);

/**
 * @typedef {object} Wiring
 * @property {() => object} hello the first frame, made anew for every socket
 * @property {(frame: any) => void} frame
 * @property {(phase: import("./types.js").Phase, code: number) => void} phase
 */
export class Link {
  /** @type {import("./types.js").Phase} */
  phase = "waiting";
  /** When the server was last heard. */
  heardAt = 0;
  #wiring;
  /** @type {WebSocket|null} */
  #socket = null;
  #failures = 0;
  #waitMs = 0;
  #pings = 0;
  /** @type {ReturnType<typeof setTimeout>[]} */
  #timers = [];
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #pulse;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
    for (const name of ["online", "pageshow", "focus"]) addEventListener(name, () => this.check());
    document.addEventListener("visibilitychange", () => document.hidden || this.check());
    addEventListener("offline", () => this.phase === "open" && this.check());
  }

  /** Connects now; a socket that is up or on its way is replaced. */
  start() {
    this.#drop();
    this.#change("connecting");
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/console/socket`);
    this.#socket = socket;
    this.#after(OPEN_WITHIN_MS, () => socket.readyState === WebSocket.CONNECTING && this.#closed(socket, 1006));
    socket.onopen = () => socket === this.#socket && this.#opened(socket);
    socket.onmessage = ({ data }) => socket === this.#socket && this.#heard(data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
  }

  /** Sends if the socket is up; says whether it was. @param {object} frame */
  send(frame) {
    if (this.phase !== "open" || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** The page woke up or the network came back: a dead socket is found within two seconds, a waiting one tries at once. */
  check() {
    if (this.phase === "waiting") this.start();
    if (this.phase !== "open") return;
    const asked = Date.now();
    const socket = this.#socket;
    this.#ping();
    this.#after(ANSWER_WITHIN_MS, () => socket === this.#socket && this.heardAt < asked && this.start());
  }

  #ping() {
    this.send({ t: "ping", n: ++this.#pings });
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    this.heardAt = Date.now();
    this.#change("open");
    socket.send(JSON.stringify(this.#wiring.hello()));
    this.#after(STABLE_AFTER_MS, () => (this.#failures = 0));
    this.#pulse = setInterval(() => (Date.now() - this.heardAt > SILENT_FOR_MS ? this.start() : this.#ping()), HEARTBEAT_MS);
  }

  /** @param {string} data */
  #heard(data) {
    this.heardAt = Date.now();
    const frame = JSON.parse(data);
    if (frame.t === "bye") this.#waitMs = (frame.retry_after ?? 0) * 1000;
    else this.#wiring.frame(frame);
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#drop();
    if (FINAL.has(code)) return this.#change("stopped", code);
    this.#change("waiting", code);
    const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** this.#failures++);
    this.#after(this.#waitMs || (code === 4408 ? 0 : Math.random() * ceiling), () => this.start());
    this.#waitMs = 0;
  }

  #drop() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    clearInterval(this.#pulse);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {number} ms @param {() => unknown} act */
  #after(ms, act) {
    this.#timers.push(setTimeout(act, ms));
  }

  /** @param {import("./types.js").Phase} phase @param {number} [code] */
  #change(phase, code = 0) {
    this.phase = phase;
    this.#wiring.phase(phase, code);
  }
}
