// @ts-check
/**
 * The frame's end of the bridge to the shop page, and the place where small things are kept. The first `init` from the
 * parent window fixes its origin (the server's frame-ancestors has already decided who may embed us); from then on only
 * that window and that origin are heard, and nothing is sent to any other.
 */

/** @typedef {{onethread: string, site?: string, kept?: Record<string, string>, locale?: string, identity?: string,
 *   modal?: boolean, value?: string}} HostMessage */

export class Bridge {
  #origin = "";

  /** @param {(message: HostMessage) => void} hear */
  constructor(hear) {
    addEventListener("message", ({ data, source, origin }) => {
      if (source !== parent || parent === window || typeof data?.onethread !== "string") return;
      if (!this.#origin && data.onethread === "init" && origin !== "null") this.#origin = origin;
      if (origin === this.#origin) hear(data);
    });
  }

  /**
   * @param {string} type
   * @param {object} [body]
   */
  tell(type, body) {
    if (this.#origin) parent.postMessage({ ...body, onethread: type }, this.#origin);
  }
}

/**
 * Small strings of this site, at once where the browser lets a frame store, else kept by the shop page.
 * @implements {Keep}
 */
export class SiteKeep {
  /** @type {Map<string, string>} */
  #held;
  #bridge;
  #prefix;

  /**
   * @param {Bridge} bridge
   * @param {string} site
   * @param {Record<string, string>} kept what the shop page kept
   */
  constructor(bridge, site, kept) {
    this.#bridge = bridge;
    this.#prefix = `onethread:${site}:`;
    this.#held = new Map(Object.entries(kept));
    try {
      for (const [name, value] of Object.entries(localStorage)) {
        if (name.startsWith(this.#prefix)) this.#held.set(name.slice(this.#prefix.length), value);
      }
    } catch {
      // third-party storage is blocked: the shop page keeps for us
    }
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
      if (value === null) localStorage.removeItem(this.#prefix + key);
      else localStorage.setItem(this.#prefix + key, value);
    } catch {
      this.#bridge.tell("keep", { key, value });
    }
  }

  /** Kept by the shop page: it must outlive what browsers do to the storage of frames. @param {string|null} value */
  setVisitor(value) {
    if (value === null) this.#held.delete("visitor");
    else this.#held.set("visitor", value);
    this.#bridge.tell("keep", { key: "visitor", value });
  }
}
