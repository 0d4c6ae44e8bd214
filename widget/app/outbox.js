// @ts-check
/**
 * What the customer said and the server has not yet confirmed. Each message is stored under its own key before it is
 * sent, so a reload or a second tab repeats it with the same `cid` and the server stores it once. Knows no socket.
 */
export const ACK_WITHIN_MS = 10_000;
export const TRIES = 3;
const PREFIX = "out:";

/**
 * A version 7 UUID: 48 bits of time, then random bits, so that ids sort by time.
 * @param {number} [now] milliseconds since 1970
 */
export function uuid7(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Outbox {
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();
  /** @type {((frame: object) => void)|null} */
  #transmit = null;
  #keep;
  #changed;
  #lastAt = 0;

  /**
   * @param {Keep} keep
   * @param {() => void} changed called after every change
   */
  constructor(keep, changed) {
    this.#keep = keep;
    this.#changed = changed;
    for (const key of keep.keys().filter((name) => name.startsWith(PREFIX)).sort()) this.#restore(key);
  }

  /** All entries, oldest first. */
  get entries() {
    return [...this.#entries.values()];
  }

  /**
   * Stores a message and sends it if a link is up.
   * @param {{text: string, attachments?: Attachment[], choice?: string}} message
   */
  add({ text, attachments = [], choice }) {
    this.#lastAt = Math.max(Date.now(), this.#lastAt + 1);
    const draft = { cid: uuid7(this.#lastAt), text, attachments, choice, at: new Date().toISOString() };
    /** @type {Entry} */
    const entry = { ...draft, status: "pending", tries: 0 };
    this.#entries.set(entry.cid, entry);
    this.#store(entry);
    this.#send(entry);
    this.#changed();
    return entry;
  }

  /**
   * A link is up: everything pending goes out again, in order.
   * @param {(frame: object) => void} transmit
   */
  online(transmit) {
    this.#transmit = transmit;
    for (const entry of this.#entries.values()) if (entry.status === "pending") this.#send(entry);
  }

  /** The link is gone: waiting for acks stops, nothing fails because of it. */
  offline() {
    this.#transmit = null;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /**
   * Committed on the server; the entry stays in sight as sent until the log shows it.
   * @param {string} cid
   * @param {number} seq
   */
  ack(cid, seq) {
    const entry = this.#entries.get(cid);
    if (!entry) return;
    this.#forget(cid);
    entry.status = "sent";
    entry.seq = seq;
    this.#changed();
  }

  /**
   * The log shows the message (also when the ack was lost), or the customer deleted it.
   * @param {string} cid
   */
  seen(cid) {
    if (!this.#entries.delete(cid)) return;
    this.#forget(cid);
    this.#changed();
  }

  /**
   * Not stored. A retryable refusal is tried again after the usual wait, up to the usual number of tries.
   * @param {string} cid
   * @param {string} code
   * @param {boolean} retryable
   */
  nack(cid, code, retryable) {
    const entry = this.#entries.get(cid);
    if (!entry || entry.status !== "pending") return;
    if (!retryable || entry.tries >= TRIES) this.#fail(entry, code);
    else this.#await(entry, code);
  }

  /** @param {string} cid */
  retry(cid) {
    const entry = this.#entries.get(cid);
    if (!entry) return;
    Object.assign(entry, { status: "pending", tries: 0, failed: undefined });
    this.#store(entry);
    this.#send(entry);
    this.#changed();
  }

  /** Drops everything, on the disk too: another person sits here now. */
  clear() {
    for (const cid of [...this.#entries.keys()]) this.#forget(cid);
    this.#entries.clear();
    this.#changed();
  }

  /** @param {string} key */
  #restore(key) {
    try {
      const draft = /** @type {Draft} */ (JSON.parse(this.#keep.get(key) ?? "null"));
      this.#entries.set(draft.cid, { ...draft, status: draft.failed ? "failed" : "pending", tries: 0 });
    } catch {
      this.#keep.set(key, null);
    }
  }

  /** @param {Entry} entry */
  #store({ cid, text, attachments, choice, at, failed }) {
    this.#keep.set(PREFIX + cid, JSON.stringify({ cid, text, attachments, choice, at, failed }));
  }

  /** @param {string} cid */
  #forget(cid) {
    clearTimeout(this.#timers.get(cid));
    this.#timers.delete(cid);
    this.#keep.set(PREFIX + cid, null);
  }

  /** @param {Entry} entry */
  #send(entry) {
    if (!this.#transmit) return;
    entry.tries += 1;
    const frame = { t: "send", cid: entry.cid, text: entry.text };
    if (entry.attachments.length) Object.assign(frame, { attachments: entry.attachments.map((one) => one.id) });
    if (entry.choice !== undefined) Object.assign(frame, { choice: entry.choice });
    this.#transmit(frame);
    this.#await(entry, "timeout");
  }

  /**
   * @param {Entry} entry
   * @param {string} code the reason to show if this was the last try
   */
  #await(entry, code) {
    clearTimeout(this.#timers.get(entry.cid));
    const timer = setTimeout(() => {
      if (entry.tries < TRIES) this.#send(entry);
      else this.#fail(entry, code);
    }, ACK_WITHIN_MS);
    this.#timers.set(entry.cid, timer);
  }

  /**
   * @param {Entry} entry
   * @param {string} code
   */
  #fail(entry, code) {
    clearTimeout(this.#timers.get(entry.cid));
    this.#timers.delete(entry.cid);
    entry.status = "failed";
    entry.failed = code;
    this.#store(entry);
    this.#changed();
  }
}
