import assert from "node:assert/strict";
import { test } from "node:test";
import { ThreadLog, isDurable } from "../../widget/app/log.js";

const message = (seq, prev = seq - 1, more = {}) => ({ t: "msg", conv: "c", seq, prev, id: `m${seq}`, author: { type: "assistant", name: "Mia" }, text: String(seq), ts: "2026-11-20T10:00:00Z", ...more });
const mine = (seq) => message(seq, seq - 1, { author: { type: "customer", name: "" } });
const seqs = (log) => log.messages.map((one) => one.seq);

/** A small generator of repeatable numbers in [0, 1). */
function repeatable(seed) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test("frames are applied once and in order", () => {
  const log = new ThreadLog("c");
  for (const frame of [message(1), message(1), message(2)]) log.apply(frame);
  assert.deepEqual(seqs(log), [1, 2]);
});

test("numbers that this reader may not see are no gap", () => {
  const log = new ThreadLog("c");
  log.apply(message(1));
  const { gap, applied } = log.apply(message(5, 1));
  assert.equal(gap, false);
  assert.equal(applied.length, 1);
});

test("a frame after a hole is held back until the hole is filled", () => {
  const log = new ThreadLog("c");
  log.apply(message(1));
  assert.deepEqual(log.apply(message(3)), { applied: [], gap: true });
  assert.deepEqual(log.apply(message(2)).applied.map((frame) => frame.seq), [2, 3]);
  assert.equal(log.hole, false);
});

test("any order with repeats and losses ends in the same thread once the rest is replayed", () => {
  const frames = Array.from({ length: 40 }, (_, at) => message(at + 1));
  for (let seed = 1; seed <= 200; seed++) {
    const random = repeatable(seed);
    const log = new ThreadLog("c");
    const wild = [...frames, ...frames].filter(() => random() > 0.3).sort(() => random() - 0.5);
    for (const frame of wild) log.apply(frame);
    for (const frame of frames.filter((one) => one.seq > log.last)) log.apply(frame);
    assert.deepEqual(seqs(log), frames.map((frame) => frame.seq), `seed ${seed}`);
  }
});

test("every card of an order has its newest state", () => {
  const log = new ThreadLog("c");
  const card = (headline) => ({ kind: "order", order: "#1042", headline });
  log.apply(message(1, 0, { card: card("Packed") }));
  log.apply({ t: "order", conv: "c", seq: 2, prev: 1, card: card("Delivered"), ts: "" });
  assert.equal(log.cards.get("order:#1042").headline, "Delivered");
});

test("an unknown numbered frame leaves no hole behind", () => {
  const log = new ThreadLog("c");
  const unknown = { t: "reaction", conv: "c", seq: 1, prev: 0 };
  assert.ok(isDurable(unknown));
  log.apply(unknown);
  assert.equal(log.apply(message(2)).gap, false);
});

test("a read pointer carries a number but is no part of the log", () => {
  assert.equal(isDurable({ t: "read", conv: "c", who: "agent", seq: 3 }), false);
});

test("own messages never count as unread", () => {
  const log = new ThreadLog("c");
  for (const frame of [message(1), mine(2), message(3), mine(4)]) log.apply(frame);
  assert.equal(log.unread, 2);
  log.readByMe = 2;
  assert.equal(log.unread, 1);
});

test("the server's count of unread messages becomes a place in the log", () => {
  for (const [count, unread] of [[0, 0], [1, 1], [2, 2], [9, 3]]) {
    const log = new ThreadLog("c");
    for (const frame of [message(1), message(2), mine(3), message(4)]) log.apply(frame);
    log.markUnread(count);
    assert.equal(log.unread, unread);
  }
});

test("after a reset everything is taken again", () => {
  const log = new ThreadLog("c");
  log.apply(message(1));
  log.apply(message(9));
  log.reset();
  log.apply(message(1));
  assert.deepEqual(seqs(log), [1]);
  assert.equal(log.hole, false);
});
