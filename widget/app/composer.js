// @ts-check
/** Where the customer writes: text that survives a reload, files, and always a way to a person. */
import { endpoint } from "./chat.js";
import { button, el, icon, plainName, setLabel, setText } from "./dom.js";

const LONGEST = 4_000;
const COUNT_FROM = 3_800;
const STOPPED_AFTER_MS = 5_000;
const FILES_AT_MOST = 5;
const BYTES_AT_MOST = 10_000_000;
const TYPES = /^(image\/(jpeg|png|webp|gif|hei[cf])|.+\/pdf|audio\/)/;

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
    this.text = el("textarea", { rows: 1, enterKeyHint: "send", autocomplete: "off", dir: "auto", value: chat.keep.get("draft") ?? "" });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, accept: "image/\x2a,.pdf,audio/\x2a" });
    this.attach = button("icon-button", () => this.picker.click(), icon("clip"));
    this.submit = el("button", { className: "send" }, icon("send"));
    this.note = el("span", { className: "left", role: "status" });
    this.person = button("person", () => chat.askForPerson(words.say("person")), icon("person"), el("span"));
    this.node = el(
      "form",
      { className: "composer" },
      this.uploads.error,
      this.uploads.tray,
      el("div", { className: "box" }, this.attach, this.picker, this.text, this.submit),
      el("div", { className: "under" }, this.person, this.note),
    );
    this.#listen();
  }

  /** Everything in the language and state of now. */
  draw() {
    const { log, viewed, personAsked } = this.#chat;
    const say = this.#words.say.bind(this.#words);
    this.node.hidden = viewed !== null;
    this.text.placeholder = say("messagePlaceholder");
    setLabel(this.text, say("messagePlaceholder"));
    setLabel(this.attach, say("attach"));
    setLabel(this.submit, say("send"));
    this.person.hidden = /agent|queue/.test(log.state?.owner?.type ?? "");
    this.person.disabled = personAsked;
    setText(this.person.lastElementChild, say(personAsked ? "personAsked" : "person"));
    this.#sync();
  }

  #listen() {
    this.node.onsubmit = (event) => this.#send(event);
    this.text.oninput = () => this.#written();
    this.text.onkeydown = (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) this.#send(event);
    };
    this.text.onpaste = (event) => this.#takeFiles(event, event.clipboardData);
    this.picker.onchange = () => {
      this.uploads.add([...(this.picker.files ?? [])]);
      this.picker.value = "";
    };
    document.ondragover = (event) => event.preventDefault();
    document.ondrop = (event) => this.#takeFiles(event, event.dataTransfer);
  }

  /**
   * @param {Event} event
   * @param {DataTransfer|null} from
   */
  #takeFiles(event, from) {
    if (!from?.files.length) return;
    event.preventDefault();
    this.uploads.add([...from.files]);
  }

  #written() {
    const { value } = this.text;
    this.#chat.keep.set("draft", value || null);
    this.#chat.tellTyping(value.trim() !== "");
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#chat.tellTyping(false), STOPPED_AFTER_MS);
    this.#sync();
  }

  /** @param {Event} event */
  #send(event) {
    event.preventDefault();
    if (!this.#sendable) return;
    this.#chat.say(this.text.value.trim(), this.uploads.take());
    this.text.value = "";
    this.#written();
    clearTimeout(this.#idle);
    this.#sent();
  }

  get #length() {
    return this.text.value.trim().length;
  }

  get #sendable() {
    return !this.uploads.busy && this.#length <= LONGEST && this.#length + this.uploads.count > 0;
  }

  #sync() {
    const length = this.#length;
    this.submit.ariaDisabled = String(!this.#sendable);
    this.attach.disabled = this.uploads.count >= FILES_AT_MOST;
    setText(this.note, this.uploads.busy ? this.#words.say("uploadWait") : length > COUNT_FROM ? `${length} / ${LONGEST}` : "");
    this.note.classList.toggle("wrong", length > LONGEST);
    if (CSS.supports("field-sizing", "content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }
}

/** @typedef {{file: File, name: string, share: number, cancel: () => void, done?: Attachment}} Upload */

/** Files on their way to the server and the tray that shows them: checked before, cancellable during, explained after. */
class Uploads {
  /** @type {Upload[]} */
  #all = [];
  #chat;
  #words;
  #changed;

  /**
   * @param {import("./chat.js").Chat} chat
   * @param {import("./words.js").Words} words
   * @param {() => void} changed
   */
  constructor(chat, words, changed) {
    this.#chat = chat;
    this.#words = words;
    this.#changed = changed;
    this.tray = el("ul", { className: "tray" });
    this.error = el("p", { className: "upload-error", role: "alert" });
  }

  get busy() {
    return this.#all.some((one) => !one.done);
  }

  get count() {
    return this.#all.length;
  }

  /** What is uploaded; the tray is empty afterwards. */
  take() {
    const done = this.#all.flatMap((one) => one.done ?? []);
    this.#all = [];
    this.#draw();
    return done;
  }

  /** @param {File[]} files those before the first that cannot go are uploaded */
  add(files) {
    this.error.textContent = "";
    for (const file of files) {
      const wrong = this.#objection(file);
      this.error.textContent = wrong;
      if (wrong) return;
      void this.#start({ file, name: plainName(file.name), share: 0, cancel: () => {} });
    }
  }

  /**
   * @param {"fileTooBig"|"fileType"|"fileFailed"} key
   * @param {string} name
   */
  #say(key, name) {
    return this.#words.say(key, { name, limit: this.#words.size(this.#limit) });
  }

  get #limit() {
    return this.#chat.settings?.max_upload_bytes ?? BYTES_AT_MOST;
  }

  /** Says why a file cannot go, or nothing. Some browsers know no type for HEIC: the server looks at the bytes. @param {File} file */
  #objection({ type, name, size }) {
    if (this.#all.length >= FILES_AT_MOST) return this.#words.say("fileCount", { limit: FILES_AT_MOST });
    if (!TYPES.test(type) && !(!type && /\.hei[cf]$/i.test(name))) return this.#say("fileType", plainName(name));
    return size > this.#limit ? this.#say("fileTooBig", plainName(name)) : "";
  }

  /** @param {Upload} upload */
  async #start(upload) {
    this.#all.push(upload);
    this.#draw();
    let answer = await this.#post(upload);
    if (answer.status === 401) {
      await this.#chat.connection.renew();
      answer = await this.#post(upload);
    }
    if (!this.#all.includes(upload)) return;
    if (answer.status < 300) upload.done = answer.response;
    else this.#reject(upload, answer.status);
    this.#draw();
  }

  /** One POST; XMLHttpRequest because fetch reports no progress of what it sends. @param {Upload} upload @returns {Promise<XMLHttpRequest>} */
  #post(upload) {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", upload.file);
    request.open("POST", endpoint("upload", { conv: this.#chat.conv }));
    request.setRequestHeader("Authorization", `Bearer ${this.#chat.token}`);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => {
      upload.share = loaded / total;
      this.#draw();
    };
    upload.cancel = () => request.abort();
    return new Promise((resolve) => {
      request.onloadend = () => resolve(request);
      request.send(form);
    });
  }

  /**
   * @param {Upload} upload
   * @param {number} status 0 without a connection
   */
  #reject(upload, status) {
    this.#all = this.#all.filter((one) => one !== upload);
    const key = status === 413 ? "fileTooBig" : [400, 415, 422].includes(status) ? "fileType" : "fileFailed";
    this.error.textContent = this.#say(key, upload.name);
  }

  /** @param {Upload} upload */
  #remove(upload) {
    this.#all = this.#all.filter((one) => one !== upload);
    upload.cancel();
    this.#draw();
  }

  #draw() {
    this.tray.replaceChildren(...this.#all.map((upload) => this.#row(upload)));
    this.#changed();
  }

  /** @param {Upload} upload */
  #row(upload) {
    const { name, done, share, file } = upload;
    const remove = button("icon-button small", () => this.#remove(upload), icon("close"));
    setLabel(remove, this.#words.say("remove", { name }));
    return el("li", null, icon("file"), el("bdi", { title: name }, name), done ? this.#words.size(file.size) : el("progress", { value: share, ariaLabel: name }), remove);
  }
}
