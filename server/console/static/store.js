// @ts-check
/** What the console holds of the desk: rows of the inbox, and the log of one thread. Pure; drawn elsewhere. */

/** @typedef {import("./types.js").Row} Row */
/** @typedef {"person"|"mine"|"open"|"resolved"} View */

const RANK = { urgent: 0, high: 1, medium: 2, low: 3 };
const OPEN = new Set(["new", "open", "pending"]);

/** @type {Record<View, (row: Row, me: string) => boolean>} */
const SHOWS = {
  person: (row) => row.owner.type === "queue" && OPEN.has(row.status),
  mine: (row, me) => row.owner.type === "agent" && row.owner.id === me && OPEN.has(row.status),
  open: (row) => OPEN.has(row.status),
  resolved: (row) => row.status === "resolved",
};

/** @param {Row} one @param {Row} other */
const latestFirst = (one, other) => other.last_at.localeCompare(one.last_at) || other.number - one.number;

/** Who has waited longest, those who do not wait last. @param {Row} one @param {Row} other */
const longestWait = (one, other) => (one.waiting_since ?? "9").localeCompare(other.waiting_since ?? "9") || latestFirst(one, other);

/** @type {Record<View, (one: Row, other: Row) => number>} */
const SORTS = {
  person: (one, other) => RANK[one.priority] - RANK[other.priority] || longestWait(one, other),
  mine: longestWait,
  open: latestFirst,
  resolved: latestFirst,
};

/** The rows that the desk knows, by conversation. */
export class Inbox {
  /** @type {Map<string, Row>} */
  rows = new Map();
  #me;
  /** The rows of an inbox that is being sent whole. @type {Set<string>|null} */
  #fresh = null;
  /** Whether the whole inbox has arrived once. */
  isLoaded = false;

  /** @param {string} me the agent's id */
  constructor(me) {
    this.#me = me;
  }

  /**
   * Takes in a frame; gives the rows that changed, with what they were before.
   * @param {{rows: Row[], removed: string[], reset?: boolean, last?: boolean}} frame
   * @returns {[Row|undefined, Row][]}
   */
  apply(frame) {
    if (frame.reset) this.#fresh = new Set();
    /** @type {[Row|undefined, Row][]} */
    const changes = frame.rows.map((row) => [this.rows.get(row.conv), row]);
    for (const row of frame.rows) {
      this.rows.set(row.conv, row);
      this.#fresh?.add(row.conv);
    }
    for (const conv of frame.removed) this.rows.delete(conv);
    if (frame.last) this.#settle();
    return changes;
  }

  #settle() {
    for (const conv of [...this.rows.keys()]) if (!this.#fresh?.has(conv)) this.rows.delete(conv);
    this.#fresh = null;
    this.isLoaded = true;
  }

  /** The rows of a view that match a filter, in the order of work. @param {View} view @param {string} [filter] */
  view(view, filter = "") {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return [...this.rows.values()]
      .filter((row) => SHOWS[view](row, this.#me) && matches(row, words))
      .sort(SORTS[view]);
  }

  /** How many rows each view has. @returns {Record<View, number>} */
  counts() {
    const counts = { person: 0, mine: 0, open: 0, resolved: 0 };
    for (const row of this.rows.values()) {
      for (const view of /** @type {View[]} */ (Object.keys(counts))) if (SHOWS[view](row, this.#me)) counts[view] += 1;
    }
    return counts;
  }
}

/** @param {Row} row @param {string[]} words */
function matches(row, words) {
  const text = [row.customer.name, row.title, row.preview, row.order, row.category, row.channel, row.owner.name, `#${row.number}`, row.priority]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The events of one thread, in their order and without gaps. */
export class Log {
  /** @type {import("./types.js").DeskEvent[]} */
  events = [];

  /** @param {string} conv */
  constructor(conv) {
    this.conv = conv;
  }

  /** The last number held. */
  get last() {
    return this.events.at(-1)?.seq ?? 0;
  }

  /**
   * Takes in an event. `gap` = something is missing before it: ask again from `last`. `anew` = the log begins again.
   * @param {import("./types.js").DeskEvent} event
   * @returns {"new"|"old"|"gap"|"anew"}
   */
  apply(event) {
    const held = this.events[event.seq - 1];
    if (held && held.ts === event.ts && held.type === event.type) return "old";
    if (held && event.prev === 0) {
      this.events = [event];
      return "anew";
    }
    if (event.prev > this.last) return "gap";
    if (held) return "old";
    this.events.push(event);
    return "new";
  }
}

