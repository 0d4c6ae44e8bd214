import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff, MOST_MS } from "../../widget/app/connection.js";

test("the ceiling doubles from half a second up to thirty", () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 9 }, () => backoff.next());
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, MOST_MS, MOST_MS, MOST_MS]);
});

test("jitter reaches down to nothing", () => {
  assert.equal(new Backoff(() => 0).next(), 0);
});

test("a reset starts again at the first ceiling", () => {
  const backoff = new Backoff(() => 0.5);
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 250);
});
