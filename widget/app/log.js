// @ts-check
/**
 * One thread as the server numbered it. Applies durable frames in order, drops repeats, holds back what came too early
 * and says when something is missing. Pure: no clock, no network, no page.
 */
const HELD_AT_MOST = 500;

/**
 * Whether a frame is numbered and replayed; unknown types count too, so that they cannot tear a hole.
 * @param {any} frame
 * @returns {frame is DurableFrame}
 */
export function isDurable(frame) {
  return typeof frame.conv === "string" && Number.isInteger(frame.seq) && Number.isInteger(frame.prev);
}

/** @param {Card} card */
export function cardKey(card) {
  return card.kind === "return" ? `return:${card.rma}` : `order:${card.order}`;
}

/** @param {MsgFrame} message */
export function isFromUs(message) {
  return message.author.type === "assistant" || message.author.type === "agent";
}

export class ThreadLog {
  /** The highest number applied without a hole before it. */
  last = 0;
  /** @type {MsgFrame[]} */
  messages = [];
  /** The newest state of every card, by order or return. @type {Map<string, Card>} */
  cards = new Map();
  /** @type {State|null} */
  state = null;
  /** Up to here the other side has read. */
  readByThem = 0;
  /** Up to here the customer has read. */
  readByMe = 0;
  /** Up to here the server knows it. */
  readTold = 0;
  /** When a replay was last asked for, in milliseconds since 1970. */
  resumedAt = 0;
  /** @type {Map<number, DurableFrame>} */
  #held = new Map();

  /** @param {string} conv */
  constructor(conv) {
    this.conv = conv;
  }

  /**
   * Takes a frame. `applied` is what became visible, in order; `gap` says that something before it is missing.
   * @param {DurableFrame} frame
   */
  apply(frame) {
    if (frame.seq <= this.last) return { applied: [], gap: false };
    if (frame.prev > this.last) {
      if (this.#held.size < HELD_AT_MOST) this.#held.set(frame.seq, frame);
      return { applied: [], gap: true };
    }
    this.#take(frame);
    return { applied: [frame, ...this.#drain()], gap: this.hole };
  }

  /** The server said that everything is replayed from 0. */
  reset() {
    this.last = 0;
    this.messages = [];
    this.cards.clear();
    this.#held.clear();
  }

  /** Something before what is held back is still missing. */
  get hole() {
    return this.#held.size > 0;
  }

  /** How many messages of assistant and agents the customer has not seen. */
  get unread() {
    return this.messages.filter((message) => isFromUs(message) && message.seq > this.readByMe).length;
  }

  /**
   * Moves the customer's pointer so that the newest `count` messages are unread, as the server counted them.
   * @param {number} count
   */
  markUnread(count) {
    const ours = this.messages.filter(isFromUs);
    const lastRead = ours[ours.length - 1 - count];
    this.readByMe = Math.max(this.readByMe, count > 0 ? (lastRead?.seq ?? 0) : this.last);
  }

  #drain() {
    const applied = [];
    for (const seq of [...this.#held.keys()].sort((a, b) => a - b)) {
      const frame = /** @type {DurableFrame} */ (this.#held.get(seq));
      if (seq > this.last && frame.prev > this.last) break;
      this.#held.delete(seq);
      if (seq <= this.last) continue;
      this.#take(frame);
      applied.push(frame);
    }
    return applied;
  }

  /** @param {DurableFrame} frame */
  #take(frame) {
    this.last = frame.seq;
    if (frame.t === "msg") this.messages.push(frame);
    if (frame.t === "state") this.state = { status: frame.status, owner: frame.owner, agents: frame.agents };
    if ((frame.t === "msg" || frame.t === "order") && frame.card) this.cards.set(cardKey(frame.card), frame.card);
  }
}
