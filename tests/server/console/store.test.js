// The console's state, without a browser: which rows a view shows in which order, and a log without gaps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Inbox, Log } from "../../../server/console/static/store.js";

const ME = "7";
const row = (conv, more = {}) => ({
  conv, number: 1, title: "", customer: { id: "1", name: conv, vip: false }, preview: "", channel: "widget", order: "", seq: 1, unread: false,
  owner: { type: "queue", id: "", name: "" }, status: "open", priority: "medium", priority_reason: "", category: "", mood: 0, language: "en",
  handoff_reason: "", waiting_since: "2026-11-20T10:00:00Z", last_at: "2026-11-20T10:00:00Z", ...more,
});
const filled = (...rows) => {
  const inbox = new Inbox(ME);
  inbox.apply({ rows, removed: [], reset: true, last: true });
  return inbox;
};
const names = (rows) => rows.map((each) => each.conv);
const event = (seq, more = {}) => ({ conv: "c", seq, prev: seq - 1, type: "message", ts: `t${seq}`, body: {}, ...more });

test("who needs a person stands by priority, then by how long they wait", () => {
  const inbox = filled(
    row("late", { waiting_since: "2026-11-20T11:00:00Z" }),
    row("early", { waiting_since: "2026-11-20T09:00:00Z" }),
    row("urgent", { priority: "urgent", waiting_since: "2026-11-20T12:00:00Z" }),
    row("high", { priority: "high" }),
    row("assistant", { owner: { type: "assistant", id: "", name: "" } }),
    row("done", { status: "resolved" }),
  );
  assert.deepEqual(names(inbox.view("person")), ["urgent", "high", "early", "late"]);
});

test("mine are those that I own, who waits first", () => {
  const own = { owner: { type: "agent", id: ME, name: "Kim" } };
  const inbox = filled(row("answered", { ...own, waiting_since: null }), row("waits", own), row("lee", { owner: { type: "agent", id: "8", name: "Lee" } }));
  assert.deepEqual(names(inbox.view("mine")), ["waits", "answered"]);
  assert.deepEqual(inbox.counts(), { person: 0, mine: 2, open: 3, resolved: 0 });
});

test("a filter needs every word, wherever it stands", () => {
  const inbox = filled(row("ana", { title: "Order #1042", preview: "Where is it?" }), row("bob", { title: "Order #1043" }));
  assert.deepEqual(names(inbox.view("open", "1042 WHERE")), ["ana"]);
  assert.deepEqual(names(inbox.view("open", "1042 bob")), []);
});

test("a whole inbox takes the place of the old one only once it is complete", () => {
  const inbox = filled(row("old"), row("stays"));
  inbox.apply({ rows: [row("new")], removed: [], reset: true });
  assert.deepEqual(new Set(inbox.rows.keys()), new Set(["old", "stays", "new"]));
  inbox.apply({ rows: [row("stays")], removed: [], last: true });
  assert.deepEqual(new Set(inbox.rows.keys()), new Set(["stays", "new"]));
});

test("a change says what the row was before, and what was removed is gone", () => {
  const inbox = filled(row("ana"));
  const [[before, after]] = inbox.apply({ rows: [row("ana", { status: "pending" })], removed: [] });
  assert.deepEqual([before.status, after.status], ["open", "pending"]);
  inbox.apply({ rows: [], removed: ["ana"] });
  assert.equal(inbox.rows.size, 0);
});

test("a log takes each event once and asks for what is missing", () => {
  const log = new Log("c");
  assert.deepEqual([1, 2, 2, 4].map((seq) => log.apply(event(seq))), ["new", "new", "old", "gap"]);
  assert.equal(log.last, 2);
  assert.deepEqual([3, 4].map((seq) => log.apply(event(seq))), ["new", "new"]);
});

test("a log that begins again on the server begins again here", () => {
  const log = new Log("c");
  for (const seq of [1, 2, 3]) log.apply(event(seq));
  assert.equal(log.apply(event(1, { ts: "another life" })), "anew");
  assert.equal(log.last, 1);
});
