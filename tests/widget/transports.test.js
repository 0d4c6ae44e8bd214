import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEvents } from "../../widget/app/transports.js";

test("an event is given when it is complete", () => {
  const first = parseEvents('id: 4\ndata: {"t":');
  assert.deepEqual(first, { data: [], rest: 'id: 4\ndata: {"t":' });
  assert.deepEqual(parseEvents(`${first.rest}"msg"}\n\ndata: x`), { data: ['{"t":"msg"}'], rest: "data: x" });
});

test("comments and empty events are skipped, lines of one event are joined", () => {
  assert.deepEqual(parseEvents(": stay\n\nevent: x\n\ndata: a\ndata: b\n\n").data, ["a\nb"]);
});

test("all line ends count, also one that is cut in two", () => {
  assert.deepEqual(parseEvents("data: a\r\n\r\ndata:b\r\r").data, ["a", "b"]);
  const first = parseEvents("data: a\r");
  assert.deepEqual(parseEvents(`${first.rest}\n\r\ndata: b\r\n\r\n`).data, ["a", "b"]);
});
