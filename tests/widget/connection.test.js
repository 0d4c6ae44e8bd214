import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Backoff, Connection, OPEN_WITHIN_MS, Refused } from "../../widget/app/connection.js";
import { MemoryKeep } from "./support.mjs";

/** The browser's memory of a tab. */
globalThis.sessionStorage = { getItem: (key) => tab.get(key), setItem: (key, value) => tab.set(key, value) };
const tab = new MemoryKeep();

beforeEach(() => tab.held.clear());
beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_790_000_000_000 }));
afterEach(() => mock.timers.reset());

/** Lets everything that is only waiting for a promise happen. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await null;
};

class Network {
  links = [];
  sessions = 0;
  phases = [];
  forgotten = 0;
  refusal = null;

  constructor() {
    this.connection = new Connection({
      session: async () => {
        this.sessions += 1;
        if (this.refusal) throw this.refusal;
      },
      open: (kind, events) => {
        const link = { kind, events, sent: [], closed: false };
        this.links.push(link);
        return { send: (frame) => link.sent.push(frame), close: () => (link.closed = true) };
      },
      frame: () => {},
      phase: (phase, code) => this.phases.push(code ? `${phase} ${code}` : phase),
      anew: () => (this.forgotten += 1),
      backoff: new Backoff(() => 1),
    });
  }

  get link() {
    return this.links.at(-1);
  }

  async open() {
    await this.connection.start();
    this.link.events.open();
  }

  async close(code) {
    this.link.events.closed(code);
    await settle();
  }

  async pass(milliseconds) {
    mock.timers.tick(milliseconds);
    await settle();
  }
}

test("a lost link comes back after the backoff, with the same ticket", async () => {
  const network = new Network();
  await network.open();
  await network.close(1006);
  assert.equal(network.connection.phase, "waiting");
  await network.pass(500);
  assert.equal(network.links.length, 2);
  assert.equal(network.sessions, 1);
});

test("an old ticket is replaced before it is used", async () => {
  const network = new Network();
  await network.open();
  network.connection.stop();
  await network.pass(4 * 60_000 + 1);
  await network.connection.start();
  assert.equal(network.sessions, 2);
});

test("two sockets that never open are followed by the stream, which is remembered", async () => {
  const network = new Network();
  await network.connection.start();
  await network.pass(OPEN_WITHIN_MS);
  await network.pass(500);
  await network.close(1006);
  await network.pass(1000);
  assert.deepEqual(network.links.map((link) => link.kind), ["socket", "socket", "stream"]);
  network.link.events.open();
  const next = new Network();
  await next.connection.start();
  assert.equal(next.link.kind, "stream");
});

test("when the stream does not open either, the socket has its turn again", async () => {
  const network = new Network();
  await network.connection.start();
  for (const wait of [500, 1000, 2000]) {
    await network.close(1006);
    await network.pass(wait);
  }
  assert.deepEqual(network.links.map((link) => link.kind), ["socket", "socket", "stream", "socket"]);
  assert.deepEqual(tab.keys(), []);
});

test("a stream after sockets had worked is not remembered", async () => {
  const network = new Network();
  await network.open();
  for (const wait of [500, 1000, 2000]) {
    await network.close(1006);
    await network.pass(wait);
  }
  assert.equal(network.link.kind, "stream");
  network.link.events.open();
  assert.deepEqual(tab.keys(), []);
});

test("4401 fetches one new ticket and then gives up", async () => {
  const network = new Network();
  await network.connection.start();
  await network.close(4401);
  assert.equal(network.sessions, 2);
  await network.close(4401);
  assert.equal(network.phases.at(-1), "stopped 4401");
});

for (const code of [4400, 4403, 4409, 4499]) {
  test(`${code} ends it for good`, async () => {
    const network = new Network();
    await network.open();
    await network.close(code);
    await network.pass(600_000);
    assert.equal(network.phases.at(-1), `stopped ${code}`);
    assert.equal(network.links.length, 1);
  });
}

test("4404 forgets the thread and begins anew at once", async () => {
  const network = new Network();
  await network.open();
  await network.close(4404);
  assert.deepEqual([network.forgotten, network.sessions, network.links.length], [1, 2, 2]);
});

test("4408 resumes at once, 4429 waits half a minute", async () => {
  const network = new Network();
  await network.open();
  await network.close(4408);
  assert.equal(network.links.length, 2);
  network.link.events.open();
  await network.close(4429);
  await network.pass(29_000);
  assert.equal(network.links.length, 2);
  await network.pass(20_000);
  assert.equal(network.links.length, 3);
});

test("a farewell's wish is obeyed", async () => {
  const network = new Network();
  await network.open();
  network.link.events.frame({ t: "bye", code: 1012, retry_after: 15 });
  await network.close(1012);
  await network.pass(14_000);
  assert.equal(network.links.length, 1);
  await network.pass(1_000);
  assert.equal(network.links.length, 2);
});

test("a check finds a dead socket within two seconds", async () => {
  const network = new Network();
  await network.open();
  await network.pass(20_000);
  network.connection.check();
  await network.pass(2_000);
  assert.equal(network.links.length, 2);
  assert.ok(network.links[0].closed);
});

test("a check leaves a socket alone that answers", async () => {
  const network = new Network();
  await network.open();
  await network.pass(20_000);
  network.connection.check();
  await network.pass(500);
  network.link.events.traffic();
  await network.pass(5_000);
  assert.equal(network.links.length, 1);
});

test("a check while waiting tries at once", async () => {
  const network = new Network();
  await network.open();
  await network.close(1006);
  network.connection.check();
  await settle();
  assert.equal(network.links.length, 2);
});

test("45 silent seconds end a link", async () => {
  const network = new Network();
  await network.open();
  for (let beat = 0; beat < 4; beat++) await network.pass(15_000);
  assert.equal(network.links.length, 2);
});

test("a hundred sends use one socket", async () => {
  const network = new Network();
  await network.open();
  for (let n = 0; n < 100; n++) assert.ok(network.connection.send({ t: "send", n }));
  assert.equal(network.links.length, 1);
  assert.equal(network.link.sent.length, 100);
});

test("a link that was replaced is not heard any more", async () => {
  const network = new Network();
  await network.open();
  const old = network.link;
  await network.open();
  old.events.closed(4403);
  assert.equal(network.connection.phase, "open");
});

test("a refused session stops, an unreachable one is tried again", async () => {
  const network = new Network();
  network.refusal = new Error("unreachable");
  await network.connection.start();
  assert.equal(network.connection.phase, "waiting");
  network.refusal = new Refused(403);
  await network.pass(500);
  assert.equal(network.phases.at(-1), "stopped 403");
});
