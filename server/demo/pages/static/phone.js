// @ts-check
/* The phone: WhatsApp and text messages with ticks, buttons, photos and the 24-hour window. */
import { element, toast } from "./common.js";
import { act, badge, clock, part, tabs } from "./devices.js";

/** @typedef {import("./devices.js").World} World */
/** @typedef {import("./devices.js").Bubble} Bubble */
/** @typedef {import("./devices.js").Chat} Chat */

const TICKS = /** @type {Record<string, string>} */ ({ sending: "…", sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!" });
const LONGEST_PHOTO = 5 * 1024 * 1024;
let app = /** @type {"whatsapp"|"sms"} */ ("whatsapp");
/** @type {World|undefined} */
let last;
let shown = "";

export function startPhone() {
  const list = /** @type {HTMLElement} */ (document.querySelector(".apps"));
  tabs(list, (tab) => {
    app = tab.dataset.app === "sms" ? "sms" : "whatsapp";
    document.getElementById("phone")?.setAttribute("data-app", app);
    const number = part("number", HTMLElement);
    number.textContent = number.dataset[app] ?? "";
    if (last) showPhone(last);
  });
  const form = /** @type {HTMLFormElement} */ (document.querySelector('[data-form="phone"]'));
  const text = part("text", HTMLTextAreaElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(text);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send(text);
  });
  const photo = part("photo", HTMLInputElement);
  photo.addEventListener("change", () => void sendPhoto(photo, text));
}

/** @param {HTMLTextAreaElement} text */
async function send(text) {
  const said = text.value;
  if (!said.trim()) return;
  text.value = "";
  if (!(await act("send", { channel: app, text: said }))) text.value = said;
}

/**
 * @param {HTMLInputElement} photo
 * @param {HTMLTextAreaElement} text
 */
async function sendPhoto(photo, text) {
  const file = photo.files?.[0];
  photo.value = "";
  if (!file) return;
  if (file.size > LONGEST_PHOTO) return toast("WhatsApp takes photos up to 5 MB.", true);
  const bytes = new Uint8Array(await file.arrayBuffer());
  let encoded = "";
  for (let at = 0; at < bytes.length; at += 0x8000) encoded += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  const caption = text.value;
  text.value = "";
  await act("send", { channel: app, text: caption, photo: btoa(encoded), type: file.type });
}

/** @param {World} world */
export function showPhone(world) {
  last = world;
  const chat = world.phone[app];
  badge("whatsapp", world.phone.whatsapp.unread);
  badge("sms", world.phone.sms.unread);
  badge("phone", world.phone.whatsapp.unread + world.phone.sms.unread);
  const key = JSON.stringify([world.me.id, app, chat.messages, chat.typing]);
  if (key !== shown) {
    shown = key;
    showChat(chat);
  }
  showWindow(chat, world.now);
  if (chat.unread && isSeen()) void act("look", { channel: app });
}

function isSeen() {
  const place = part("chat", HTMLElement);
  const box = place.getBoundingClientRect();
  return !document.hidden && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
}

/** @param {Chat} chat */
function showChat(chat) {
  const place = part("chat", HTMLElement);
  const wasAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 60;
  if (!chat.messages.length) {
    const hint = element("p", app === "whatsapp" ? "Write to the shop on WhatsApp. Try " : "Send the shop a text message. Try ", "hint");
    const ask = part("as", HTMLSelectElement).selectedOptions[0]?.dataset.ask ?? "Hello";
    const chip = element("button", ask, "chip");
    chip.addEventListener("click", () => void act("send", { channel: app, text: ask }));
    hint.append(chip);
    return place.replaceChildren(hint);
  }
  place.replaceChildren(...chat.messages.map(bubble));
  if (chat.typing) {
    const dots = element("div", "", "bubble theirs typing");
    dots.setAttribute("aria-label", "The shop is typing");
    dots.append(element("i", ""), element("i", ""), element("i", ""));
    place.append(dots);
  }
  if (wasAtEnd || chat.messages.at(-1)?.mine) place.scrollTop = place.scrollHeight;
}

/** @param {Bubble} message */
function bubble(message) {
  const made = element("div", "", `bubble ${message.mine ? "mine" : "theirs"}`);
  made.dataset.sid = message.sid;
  if (message.template) made.append(element("span", "Template", "template"));
  if (message.picture) {
    const picture = document.createElement("img");
    picture.src = message.picture;
    picture.alt = "Photo";
    made.append(picture);
  }
  if (message.text) made.append(element("p", message.text, "words"));
  const foot = element("small", clock(message.at), "foot");
  if (message.mine || app === "sms") {
    const tick = element("span", message.mine ? (TICKS[message.status] ?? message.status) : "", `tick ${message.status}`);
    tick.setAttribute("aria-label", message.status);
    foot.append(" ", tick);
  }
  made.append(foot);
  if (message.error) made.append(element("small", message.error, "trouble"));
  if (message.choices.length) {
    const row = element("div", "", message.list ? "choices list" : "choices");
    for (const choice of message.choices) {
      const button = element("button", choice.title);
      button.setAttribute("type", "button");
      button.addEventListener("click", () => void act("choose", { channel: app, sid: message.sid, choice: choice.id }));
      row.append(button);
    }
    made.append(row);
  }
  return made;
}

/**
 * @param {Chat} chat
 * @param {string} now
 */
function showWindow(chat, now) {
  const place = part("window", HTMLElement);
  place.hidden = !chat.window;
  if (!chat.window) return;
  place.classList.toggle("shut", !chat.open);
  const hours = Math.ceil((Date.parse(chat.window) - Date.parse(now)) / 3_600_000);
  place.textContent = chat.open ? `The shop may answer freely for ${hours} h` : "The 24-hour window is shut: only a template may come now";
}
