// @ts-check
/** Where the customer writes: text that survives a reload, files, and always a way to a person. */
import { el, icon } from "./dom.js";
import { FILES_AT_MOST, TYPES, Uploads } from "./uploads.js";

const LONGEST = 4_000;
const COUNT_FROM = 3_800;
const STOPPED_AFTER_MS = 5_000;

export class Composer {
  #chat;
  #words;
  #sent;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #idle;

  /**
   * @param {import("./chat.js").Chat} chat
   * @param {import("./words.js").Words} words
   * @param {() => void} sent called after a message was handed over
   */
  constructor(chat, words, sent) {
    this.#chat = chat;
    this.#words = words;
    this.#sent = sent;
    this.uploads = new Uploads(chat, words, () => this.#sync());
    this.text = el("textarea", { id: "text", rows: 1, enterKeyHint: "send", autocomplete: "off", dir: "auto", value: chat.setting.keep.get("draft") ?? "" });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, accept: TYPES.join(",") });
    this.attach = el("button", { type: "button", className: "icon-button", onclick: () => this.picker.click() }, icon("clip"));
    this.button = el("button", { type: "submit", className: "send" }, icon("send"));
    this.left = el("span", { className: "left", role: "status" });
    this.person = el("button", { type: "button", className: "person", onclick: () => chat.askForPerson() }, icon("person"), el("span", null));
    this.node = el(
      "form",
      { className: "composer" },
      this.uploads.error,
      this.uploads.tray,
      el("div", { className: "box" }, this.attach, this.picker, this.text, this.button),
      el("div", { className: "under" }, this.person, this.left),
    );
    this.#listen();
  }

  /** Everything in the language and state of now. */
  draw() {
    const { log, viewed, personAsked } = this.#chat;
    const owner = log.state?.owner?.type;
    this.node.hidden = viewed !== null;
    this.text.placeholder = this.#words.say("messagePlaceholder");
    label(this.text, this.#words.say("messagePlaceholder"));
    label(this.attach, this.#words.say("attach"));
    label(this.button, this.#words.say("send"));
    this.person.hidden = owner === "agent" || owner === "queue";
    this.person.disabled = personAsked;
    const words = this.#words.say(personAsked ? "personAsked" : "person");
    const place = /** @type {HTMLElement} */ (this.person.lastElementChild);
    if (place.textContent !== words) place.textContent = words;
    this.#sync();
  }

  #listen() {
    this.node.onsubmit = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.text.oninput = () => this.#written();
    this.text.onkeydown = (event) => {
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== "Enter" || event.shiftKey || composing) return;
      event.preventDefault();
      this.#send();
    };
    this.text.onpaste = (event) => this.#takeFiles(event.clipboardData, event);
    this.picker.onchange = () => {
      this.uploads.add([...(this.picker.files ?? [])]);
      this.picker.value = "";
    };
    document.ondragover = (event) => event.preventDefault();
    document.ondrop = (event) => this.#takeFiles(event.dataTransfer, event);
  }

  /**
   * @param {DataTransfer|null} from
   * @param {Event} event
   */
  #takeFiles(from, event) {
    if (!from?.files.length) return;
    event.preventDefault();
    this.uploads.add([...from.files]);
  }

  #written() {
    const { value } = this.text;
    this.#chat.setting.keep.set("draft", value || null);
    this.#chat.tellTyping(value.trim() !== "");
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#chat.tellTyping(false), STOPPED_AFTER_MS);
    this.#sync();
  }

  #send() {
    const text = this.text.value.trim();
    if (this.#objection()) return;
    this.#chat.say(text, this.uploads.take());
    this.text.value = "";
    clearTimeout(this.#idle);
    this.#chat.setting.keep.set("draft", null);
    this.#sync();
    this.#sent();
  }

  /** Why it cannot be sent now: empty words if it can. */
  #objection() {
    const length = this.text.value.trim().length;
    if (this.uploads.busy) return this.#words.say("uploadWait");
    if (length > LONGEST) return this.#words.say("tooLong", { count: length - LONGEST });
    return length === 0 && this.uploads.count === 0 ? " " : "";
  }

  #sync() {
    const objection = this.#objection();
    const length = this.text.value.trim().length;
    const left = length >= COUNT_FROM ? this.#words.say("charactersLeft", { count: LONGEST - length }) : "";
    this.button.setAttribute("aria-disabled", String(objection !== ""));
    this.attach.disabled = this.uploads.count >= FILES_AT_MOST;
    const words = objection.trim() || left;
    if (this.left.textContent !== words) this.left.textContent = words;
    this.left.classList.toggle("wrong", length > LONGEST);
    this.#grow();
  }

  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }
}

/**
 * @param {HTMLElement} node
 * @param {string} words
 */
function label(node, words) {
  if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
  if (node.tagName === "BUTTON") node.title = words;
}
