// @ts-check
/**
 * The frame's end of the bridge to the shop page, and the places where small things are kept. The first `init` from the
 * parent window fixes its origin (the server's frame-ancestors has already decided who may embed us); from then on only
 * that window and that origin are heard, and nothing is sent to any other.
 */

/** @typedef {{onethread: string, site?: string, kept?: Record<string, string>, locale?: string, identity?: string,
 *   open?: boolean, modal?: boolean, value?: string}} HostMessage */

export class Bridge {
  #origin = "";
  #heard;

  /** @param {(message: HostMessage) => void} heard */
  constructor(heard) {
    this.#heard = heard;
    addEventListener("message", (event) => this.#receive(event));
  }

  /** Opened as a page of its own, with no shop around it. */
  get alone() {
    return parent === window;
  }

  /**
   * @param {string} type
   * @param {object} [body]
   */
  tell(type, body = {}) {
    if (this.#origin) parent.postMessage({ ...body, onethread: type }, this.#origin);
  }

  /** @param {MessageEvent} event */
  #receive(event) {
    const message = event.data;
    if (this.alone || event.source !== parent || !message || typeof message.onethread !== "string") return;
    if (!this.#origin && message.onethread === "init" && event.origin !== "null") this.#origin = event.origin;
    if (event.origin === this.#origin) this.#heard(message);
  }
}

/**
 * Small strings of this site, synchronous where the browser lets a frame store, else kept by the shop page.
 * @implements {Keep}
 * @typedef {import("../types.js").Keep} Keep
 */
export class SiteKeep {
  /** @type {Map<string, string>} */
  #held = new Map();
  #bridge;
  #prefix;
  /** @type {Storage|null} */
  #disk = null;

  /**
   * @param {Bridge} bridge
   * @param {string} site
   * @param {Record<string, string>} kept what the shop page kept
   */
  constructor(bridge, site, kept) {
    this.#bridge = bridge;
    this.#prefix = `onethread:${site}:`;
    for (const [key, value] of Object.entries(kept)) if (typeof value === "string") this.#held.set(key, value);
    this.#openDisk();
  }

  keys() {
    return [...this.#held.keys()];
  }

  /** @param {string} key */
  get(key) {
    return this.#held.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string|null} value null removes
   */
  set(key, value) {
    if (value === null) this.#held.delete(key);
    else this.#held.set(key, value);
    try {
      if (!this.#disk) throw new Error("no storage here");
      if (value === null) this.#disk.removeItem(this.#prefix + key);
      else this.#disk.setItem(this.#prefix + key, value);
    } catch {
      this.#bridge.tell("keep", { key, value });
    }
  }

  /** Kept by the shop page in any case: it must outlive what browsers do to storage of frames. @param {string|null} secret */
  setVisitor(secret) {
    if (this.#bridge.alone) return this.set("visitor", secret);
    if (secret === null) this.#held.delete("visitor");
    else this.#held.set("visitor", secret);
    return this.#bridge.tell("keep", { key: "visitor", value: secret });
  }

  #openDisk() {
    try {
      const disk = localStorage;
      for (const name of Object.keys(disk).filter((one) => one.startsWith(this.#prefix))) {
        this.#held.set(name.slice(this.#prefix.length), disk.getItem(name) ?? "");
      }
      this.#disk = disk;
    } catch {
      // third-party storage is blocked: the shop page keeps for us
    }
  }
}

/** Notes for as long as this tab lives. @implements {Keep} */
export class TabKeep {
  /** @type {Map<string, string>} */
  #held = new Map();

  keys() {
    return [...this.#held.keys()];
  }

  /** @param {string} key */
  get(key) {
    try {
      return sessionStorage.getItem(`onethread:${key}`);
    } catch {
      return this.#held.get(key) ?? null;
    }
  }

  /**
   * @param {string} key
   * @param {string|null} value
   */
  set(key, value) {
    this.#held.set(key, value ?? "");
    try {
      sessionStorage.setItem(`onethread:${key}`, value ?? "");
    } catch {
      // kept in memory only
    }
  }
}
