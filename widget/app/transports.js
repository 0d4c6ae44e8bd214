// @ts-check
/**
 * Two ways to the same frames: a WebSocket, and for networks that break sockets an event stream with POST. Both report
 * through LinkEvents and neither decides when to try again.
 */
const HOPELESS = 1006;

/**
 * Splits a growing event-stream text into finished events. Comments and unknown fields are skipped (HTML standard, 9.2.6).
 * @param {string} text
 * @returns {{data: string[], rest: string}}
 */
export function parseEvents(text) {
  const blocks = text.replace(/\r\n?/g, "\n").split("\n\n");
  const rest = blocks.pop() ?? "";
  const data = blocks.map((block) =>
    block
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).replace(/^ /, ""))
      .join("\n"),
  );
  return { data: data.filter((one) => one !== ""), rest };
}

/** @param {string} text @returns {ServerFrame|null} */
function parseFrame(text) {
  try {
    const frame = JSON.parse(text);
    return frame && typeof frame.t === "string" ? frame : null;
  } catch {
    return null;
  }
}

/**
 * Opens the socket and says hello; `open` is reported when the server's welcome is here.
 * @param {URL} url
 * @param {object} hello
 * @param {LinkEvents} events
 * @returns {Link}
 */
export function openSocket(url, hello, events) {
  const socket = new WebSocket(url);
  socket.onopen = () => socket.send(JSON.stringify(hello));
  socket.onmessage = ({ data }) => {
    events.traffic();
    const frame = typeof data === "string" ? parseFrame(data) : null;
    if (frame?.t === "welcome") events.open();
    if (frame) events.frame(frame);
  };
  socket.onclose = ({ code }) => events.closed(code);
  return {
    send: (frame) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame)),
    close: () => socket.close(1000),
  };
}

/** HTTP answers as the close codes that mean the same. @type {Record<number, number>} */
const CODES = { 401: 4401, 403: 4403, 404: 4404, 429: 4429, 503: 1013 };

/**
 * Reads `GET /widget/events` by fetch, because an EventSource cannot carry the bearer token; `send` frames go by POST,
 * and their answers come back as if they had been frames. Other frames need a socket and are dropped.
 * @param {{events: URL, send: URL, token: string, conv: string}} to
 * @param {LinkEvents} events
 * @returns {Link}
 */
export function openStream(to, events) {
  const abort = new AbortController();
  const headers = { Authorization: `Bearer ${to.token}` };
  let over = false;
  const end = (/** @type {number} */ code) => {
    if (over) return;
    over = true;
    abort.abort();
    events.closed(code);
  };
  read(to.events, headers, abort.signal, events).then(end, () => end(HOPELESS));
  return {
    send: (frame) => {
      if (/** @type {{t?: string}} */ (frame).t !== "send") return;
      const body = JSON.stringify({ ...frame, conv: to.conv });
      post(to.send, headers, body, abort.signal, events).then((code) => code && end(code), () => end(HOPELESS));
    },
    close: () => end(1000),
  };
}

/**
 * @param {URL} url
 * @param {Record<string, string>} headers
 * @param {AbortSignal} signal
 * @param {LinkEvents} events
 * @returns {Promise<number>} the close code
 */
async function read(url, headers, signal, events) {
  const answer = await fetch(url, { headers: { ...headers, Accept: "text/event-stream" }, signal, cache: "no-store" });
  if (!answer.ok || !answer.body) return CODES[answer.status] ?? HOPELESS;
  events.open();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return HOPELESS;
    events.traffic();
    const { data, rest } = parseEvents(text + value);
    text = rest;
    for (const frame of data.map(parseFrame)) if (frame) events.frame(frame);
  }
}

/**
 * @param {URL} url
 * @param {Record<string, string>} headers
 * @param {string} body
 * @param {AbortSignal} signal
 * @param {LinkEvents} events
 * @returns {Promise<number|undefined>} a close code when the stream has to start again
 */
async function post(url, headers, body, signal, events) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body,
    signal,
  });
  if (answer.status === 401) return CODES[401];
  const frame = parseFrame(await answer.text());
  if (frame) events.frame(frame);
  return undefined;
}
