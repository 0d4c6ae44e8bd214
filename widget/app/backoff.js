// @ts-check
/** How long to wait before the next try: exponential with full jitter, so that a restart is not met by a stampede. */
export const FIRST_MS = 500;
export const MOST_MS = 30_000;

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
