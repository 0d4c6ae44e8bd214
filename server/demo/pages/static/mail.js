// @ts-check
/* The mailbox: a list, one mail formatted, as text or by its headers, and writing one. */
import { element, toast } from "./common.js";
import { act, badge, clock, part } from "./devices.js";

/** @typedef {import("./devices.js").World} World */
/** @typedef {import("./devices.js").Mail} Mail */

/** @type {World|undefined} */
let last;
let open = "";
let view = "html";
let answers = "";
let shown = "";
let who = "";

export function startMail() {
  part("compose", HTMLButtonElement).addEventListener("click", () => compose(null));
  part("reply", HTMLButtonElement).addEventListener("click", () => compose(current()));
  part("drop", HTMLButtonElement).addEventListener("click", () => close());
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => {
      view = button.getAttribute("data-view") ?? "html";
      read();
    });
  }
  document.querySelector('[data-form="mail"]')?.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
}

const form = () => /** @type {HTMLFormElement} */ (document.querySelector('[data-form="mail"]'));
const current = () => last?.mail.mails.find((mail) => mail.id === open) ?? null;

/** @param {World} world */
export function showMail(world) {
  if (who !== world.me.id) {
    who = world.me.id;
    open = "";
    close();
  }
  last = world;
  badge("mail", world.mail.unread);
  part("address", HTMLElement).textContent = world.me.email;
  const key = JSON.stringify([who, open, world.mail]);
  if (key === shown) return;
  shown = key;
  const list = part("mails", HTMLOListElement);
  const newest = world.mail.mails.slice().reverse();
  list.replaceChildren(...(newest.length ? newest.map(row) : [element("li", "No mail yet. Write one, or let an answer come here.", "none")]));
  const arrived = newest.find((mail) => !mail.mine && !mail.read);
  if (arrived && form().hidden && !open) show(arrived);
}

/** @param {Mail} mail */
function row(mail) {
  const line = element("li", "", mail.id === open ? "open" : "");
  const button = element("button", "", mail.read ? "" : "unread");
  button.setAttribute("type", "button");
  button.dataset.mail = mail.id;
  const name = mail.mine ? `To ${mail.to.includes("+") ? "the shop" : mail.to}` : mail.from.replace(/<.*>/, "").replaceAll('"', "").trim() || mail.from;
  const head = element("span", "", "mail-head");
  head.append(element("b", name), element("time", clock(mail.at)));
  button.append(head, element("span", mail.subject, "mail-subject"), element("span", mail.text.replace(/^---.*---\s*/, "").slice(0, 90), "mail-start"));
  if (mail.mine && mail.status !== "sent") button.append(element("span", mail.status, "trouble"));
  if (mail.mine && !mail.trusted) button.append(element("span", "sender not vouched for", "untrusted"));
  button.addEventListener("click", () => show(mail));
  line.append(button);
  return line;
}

/** @param {Mail} mail */
function show(mail) {
  open = mail.id;
  form().hidden = true;
  part("reading", HTMLElement).hidden = false;
  if (!mail.read) void act("look", { mail: mail.id });
  const frame = part("html", HTMLIFrameElement);
  frame.src = mail.html && last ? `/demo/devices/mails/${last.me.id}/${mail.id}` : "about:blank";
  read();
  shown = "";
  if (last) showMail(last);
}

function read() {
  const mail = current();
  if (!mail) return;
  const chosen = view === "html" && !mail.html ? "text" : view;
  part("subject", HTMLElement).textContent = mail.subject;
  part("from", HTMLElement).textContent = mail.mine ? `You to ${mail.to}` : mail.from;
  part("html", HTMLIFrameElement).hidden = chosen !== "html";
  const plain = part("plain", HTMLElement);
  plain.hidden = chosen !== "text";
  plain.textContent = mail.text;
  const headers = part("headers", HTMLElement);
  headers.hidden = chosen !== "headers";
  headers.replaceChildren(...mail.headers.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  for (const button of document.querySelectorAll("[data-view]")) {
    const name = button.getAttribute("data-view");
    button.setAttribute("aria-pressed", `${name === chosen}`);
    if (button instanceof HTMLButtonElement) button.disabled = (name === "html" && !mail.html) || (name === "headers" && !mail.headers.length);
  }
  part("reply", HTMLButtonElement).hidden = mail.mine;
}

/** @param {Mail|null} mail what it answers */
function compose(mail) {
  answers = mail?.id ?? "";
  const title = part("title", HTMLInputElement);
  const shop = document.querySelector('[data-part="to"]');
  if (shop instanceof HTMLElement) {
    shop.dataset.shop ??= shop.textContent ?? "";
    shop.textContent = mail ? (mail.headers.find(([name]) => name === "Reply-To")?.[1] ?? mail.from) : (shop.dataset.shop ?? "");
  }
  title.value = mail ? (/^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`) : "";
  title.readOnly = Boolean(mail);
  form().hidden = false;
  part("reading", HTMLElement).hidden = true;
  (mail ? part("letter", HTMLTextAreaElement) : title).focus();
}

function close() {
  answers = "";
  form().hidden = true;
  form().reset();
  part("reading", HTMLElement).hidden = !current();
}

async function send() {
  const text = part("letter", HTMLTextAreaElement).value;
  const told = { subject: part("title", HTMLInputElement).value, text, answers, authenticated: part("authenticated", HTMLInputElement).checked };
  if (!(await act("write", told))) return;
  toast("Sent. The answer arrives in this mailbox.");
  open = "";
  close();
}
