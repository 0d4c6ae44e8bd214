// @ts-check
/* The control room: pushes carrier events, and keeps the stories and the log up to date. */
import { copyOnPress, day, element, readOrders, timeOf, toast, whileVisible } from "./common.js";

/** @typedef {import("./common.js").Order} Order */

/** @type {Map<string, string>} order id -> when it last changed, as far as this page knows */
const known = new Map();
const log = /** @type {HTMLElement} */ (document.querySelector('[data-part="log"]'));
const mail = /** @type {HTMLElement} */ (document.querySelector('[data-part="mail"]'));
const live = /** @type {HTMLElement} */ (document.querySelector('[data-part="live"]'));

/**
 * @param {Order} order
 * @param {string} [by] who made it change; nothing = the first look
 */
function show(order, by) {
  const card = document.getElementById(order.id);
  if (!card) return;
  const state = card.querySelector('[data-part="state"]');
  if (state) Object.assign(state, { textContent: order.state, className: `pill ${order.tone}` });
  const last = card.querySelector('[data-part="last"]');
  if (last && order.last) {
    const where = element("small", `${order.last.place} · `);
    where.append(timeOf(order.last));
    last.replaceChildren(order.last.text, where);
  }
  const expected = card.querySelector('[data-part="expected"]');
  if (expected instanceof HTMLElement && expected.parentElement) {
    expected.textContent = order.expected ? day(order.expected) : "";
    expected.parentElement.hidden = !order.expected;
  }
  for (const push of order.pushes) {
    const button = card.querySelector(`[data-event="${push.event}"]`);
    if (button instanceof HTMLButtonElement) button.disabled = !push.allowed;
  }
  if (by) tell(card, order, by);
}

/**
 * @param {HTMLElement} card
 * @param {Order} order
 * @param {string} by
 */
function tell(card, order, by) {
  card.classList.remove("changed");
  void card.offsetWidth; // starts the animation again
  card.classList.add("changed");
  log.querySelector(".none")?.remove();
  const line = document.createElement("li");
  const link = element("a", order.number);
  link.setAttribute("href", `#${order.id}`);
  line.append(link, ` ${order.last?.text ?? order.state}`, element("small", `${new Date().toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit" })} · ${by}`));
  log.prepend(line);
  while (log.children.length > 30) log.lastElementChild?.remove();
}

/** Messages that went to shoppers' own addresses, newest first. */
async function readMail() {
  const answer = await fetch("/demo/mailbox", { cache: "no-store" });
  /** @type {{letters: {at: string, to: string, text: string}[]}} */
  const { letters } = await answer.json();
  if (!letters.length || mail.dataset.newest === letters[0].at) return;
  mail.dataset.newest = letters[0].at;
  mail.replaceChildren(
    ...letters.map((letter) => {
      const line = element("li", letter.text);
      line.append(element("small", `${letter.to} · ${new Date(letter.at).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit" })}`));
      return line;
    }),
  );
}

/** @param {HTMLButtonElement} button */
async function push(button) {
  const card = /** @type {HTMLElement} */ (button.closest("[data-order]"));
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`/demo/orders/${card.dataset.order}/${button.dataset.event}`, { method: "POST", headers: { "X-Onethread-Demo": "1" } });
    const body = await answer.json();
    if (!answer.ok) return toast(body.error ?? "That did not work.", true);
    known.set(body.order.id, body.order.updated_at);
    show(body.order, "you");
    toast(`${body.order.number}: ${body.order.last?.text ?? body.order.state}`);
  } catch {
    toast("The demo server does not answer.", true);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function refresh() {
  try {
    for (const order of await readOrders()) {
      const before = known.get(order.id);
      known.set(order.id, order.updated_at);
      show(order, before && before !== order.updated_at ? "the carrier" : undefined);
    }
    await readMail();
    live.classList.remove("lost");
    live.lastChild?.replaceWith(" live");
  } catch {
    live.classList.add("lost");
    live.lastChild?.replaceWith(" not reachable");
  }
}

/** A link to a story inside the closed list opens it first. */
function reveal() {
  const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  const closed = target?.closest("details:not([open])");
  if (closed instanceof HTMLDetailsElement) {
    closed.open = true;
    target?.scrollIntoView();
  }
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-event]") : null;
  if (button instanceof HTMLButtonElement) void push(button);
});
copyOnPress((_, text) => toast(`Copied: ${text}`));
addEventListener("hashchange", reveal);
reveal();
void refresh();
whileVisible(refresh, 4_000);
