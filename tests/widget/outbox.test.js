import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { ACK_WITHIN_MS, Outbox, uuid7 } from "../../widget/app/outbox.js";
import { MemoryKeep } from "./support.mjs";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_790_000_000_000 }));
afterEach(() => mock.timers.reset());

function begin(keep = new MemoryKeep()) {
  const sent = [];
  const outbox = new Outbox(keep, () => {});
  return { keep, sent, outbox, connect: () => outbox.online((frame) => sent.push(frame)) };
}

test("ids are version 7 and sort by time", () => {
  const ids = [1, 2, 1_700_000_000_000, 1_790_000_000_000].map((at) => uuid7(at));
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(parseInt(ids[3].replace("-", "").slice(0, 12), 16), 1_790_000_000_000);
});

test("what is said without a link goes out in order when the link comes", () => {
  const { outbox, sent, connect } = begin();
  for (const text of ["one", "two", "three"]) outbox.add({ text });
  assert.equal(sent.length, 0);
  connect();
  assert.deepEqual(sent.map((frame) => frame.text), ["one", "two", "three"]);
});

test("a reload repeats the message under the same id", () => {
  const before = begin();
  before.connect();
  const { cid } = before.outbox.add({ text: "hello", choice: "greet" });
  const after = begin(before.keep);
  after.connect();
  assert.deepEqual(after.sent, [{ t: "send", cid, text: "hello", choice: "greet" }]);
});

test("an acknowledged message leaves the storage and stays in sight until the log shows it", () => {
  const { outbox, keep, connect } = begin();
  connect();
  const { cid } = outbox.add({ text: "hello" });
  outbox.ack(cid, 4);
  assert.deepEqual(keep.keys(), []);
  assert.equal(outbox.entries[0].status, "sent");
  outbox.seen(cid);
  assert.deepEqual(outbox.entries, []);
});

test("three unanswered tries of ten seconds fail, and a retry keeps the id", () => {
  const { outbox, sent, connect } = begin();
  connect();
  const { cid } = outbox.add({ text: "hello" });
  mock.timers.tick(ACK_WITHIN_MS);
  mock.timers.tick(ACK_WITHIN_MS);
  assert.equal(sent.length, 3);
  assert.equal(outbox.entries[0].status, "pending");
  mock.timers.tick(ACK_WITHIN_MS);
  assert.equal(outbox.entries[0].status, "failed");
  outbox.retry(cid);
  assert.deepEqual(sent.map((frame) => frame.cid), [cid, cid, cid, cid]);
  assert.equal(outbox.entries[0].status, "pending");
});

test("waiting without a link fails nothing", () => {
  const { outbox, connect } = begin();
  connect();
  outbox.add({ text: "hello" });
  outbox.offline();
  mock.timers.tick(ACK_WITHIN_MS * 10);
  assert.equal(outbox.entries[0].status, "pending");
});

test("a final refusal fails at once and survives a reload as failed", () => {
  const { outbox, keep, connect } = begin();
  connect();
  const { cid } = outbox.add({ text: "hello" });
  outbox.nack(cid, "blocked", false);
  const again = begin(keep);
  again.connect();
  assert.deepEqual(again.outbox.entries.map(({ status, failed }) => [status, failed]), [["failed", "blocked"]]);
  assert.equal(again.sent.length, 0);
});

test("a retryable refusal is tried again and names its reason at the end", () => {
  const { outbox, sent, connect } = begin();
  connect();
  const { cid } = outbox.add({ text: "hello" });
  for (let tries = 1; tries <= 2; tries++) {
    outbox.nack(cid, "rate", true);
    mock.timers.tick(ACK_WITHIN_MS);
  }
  outbox.nack(cid, "rate", true);
  assert.equal(sent.length, 3);
  assert.equal(outbox.entries[0].failed, "rate");
});

test("two tabs share no list: what one confirmed, the other does not write back", () => {
  const one = begin();
  one.connect();
  const { cid } = one.outbox.add({ text: "from one" });
  const two = begin(one.keep);
  two.connect();
  one.outbox.ack(cid, 1);
  const mine = two.outbox.add({ text: "from two" });
  assert.deepEqual(one.keep.keys(), [`out:${mine.cid}`]);
});

test("a torn entry in the storage is dropped, the others are kept", () => {
  const { keep, outbox } = begin();
  outbox.add({ text: "whole" });
  keep.set("out:torn", "{");
  const again = begin(keep);
  assert.deepEqual(again.outbox.entries.map((entry) => entry.text), ["whole"]);
  assert.equal(keep.get("out:torn"), null);
});
