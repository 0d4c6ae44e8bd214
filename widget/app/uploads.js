// @ts-check
/** Files on their way to the server and the tray that shows them: checked before, cancellable during, explained after. */
import { el, icon, plainName } from "./dom.js";
import { endpoint } from "./chat.js";

export const FILES_AT_MOST = 5;
export const BYTES_AT_MOST = 10_000_000;
export const TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif", "application/pdf"];
const ENDINGS = /\.(jpe?g|png|webp|gif|hei[cf]|pdf)$/i;

/** @typedef {{file: File, share: number, cancel: () => void, done?: import("../types.js").Attachment}} Upload */

export class Uploads {
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
    this.tray = el("ul", { className: "tray", hidden: true });
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
    const done = this.#all.flatMap((one) => (one.done ? [one.done] : []));
    this.#all = [];
    this.#draw();
    return done;
  }

  /** @param {Iterable<File>} files */
  add(files) {
    this.#fail("");
    for (const file of files) {
      const wrong = this.#objection(file);
      if (wrong) return this.#fail(wrong);
      void this.#start(file);
    }
    return this.#draw();
  }

  /** Says why a file cannot go, or nothing. @param {File} file */
  #objection(file) {
    const name = plainName(file.name);
    const limit = this.#chat.settings?.max_upload_bytes ?? BYTES_AT_MOST;
    if (this.#all.length >= FILES_AT_MOST) return this.#words.say("fileCount", { limit: FILES_AT_MOST });
    if (!TYPES.includes(file.type) && !(file.type === "" && ENDINGS.test(file.name))) return this.#words.say("fileType", { name });
    if (file.size > limit) return this.#words.say("fileTooBig", { name, limit: this.#words.size(limit) });
    return "";
  }

  /** @param {File} file */
  async #start(file) {
    /** @type {Upload} */
    const upload = { file, share: 0, cancel: () => {} };
    this.#all.push(upload);
    let answer = await this.#post(upload);
    if (answer.status === 401) {
      await this.#chat.connection.renew();
      answer = await this.#post(upload);
    }
    if (!this.#all.includes(upload)) return;
    if (answer.file) upload.done = answer.file;
    else this.#reject(upload, answer.status);
    this.#draw();
  }

  /**
   * One POST; XMLHttpRequest because fetch reports no progress of what it sends.
   * @param {Upload} upload
   * @returns {Promise<{status: number, file?: import("../types.js").Attachment}>}
   */
  #post(upload) {
    const request = new XMLHttpRequest();
    const url = endpoint("upload");
    url.search = new URLSearchParams({ conv: this.#chat.conv }).toString();
    const form = new FormData();
    form.append("file", upload.file);
    request.open("POST", url);
    request.setRequestHeader("Authorization", `Bearer ${this.#chat.token}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      upload.share = event.loaded / event.total;
      this.#draw();
    };
    upload.cancel = () => request.abort();
    return new Promise((resolve) => {
      request.onloadend = () => resolve({ status: request.status, file: request.status === 200 || request.status === 201 ? request.response : undefined });
      request.send(form);
    });
  }

  /**
   * @param {Upload} upload
   * @param {number} status
   */
  #reject(upload, status) {
    this.#all = this.#all.filter((one) => one !== upload);
    const name = plainName(upload.file.name);
    const limit = this.#words.size(this.#chat.settings?.max_upload_bytes ?? BYTES_AT_MOST);
    const key = status === 413 ? "fileTooBig" : status === 415 || status === 422 || status === 400 ? "fileType" : "fileFailed";
    this.#fail(this.#words.say(key, { name, limit }));
  }

  /** @param {Upload} upload */
  #remove(upload) {
    this.#all = this.#all.filter((one) => one !== upload);
    upload.cancel();
    this.#draw();
  }

  /** @param {string} text */
  #fail(text) {
    this.error.textContent = text;
    this.#draw();
  }

  #draw() {
    this.tray.hidden = this.#all.length === 0;
    this.tray.replaceChildren(...this.#all.map((upload) => this.#row(upload)));
    this.#changed();
  }

  /** @param {Upload} upload */
  #row(upload) {
    const name = plainName(upload.file.name);
    const label = this.#words.say(upload.done ? "remove" : "cancel", { name });
    const state = this.#words.say(upload.done ? "uploaded" : "uploading", { name });
    return el(
      "li",
      { className: upload.done ? "done" : "going" },
      icon("file"),
      el("span", { className: "file-name", title: state }, el("bdi", null, name)),
      upload.done ? el("span", { className: "file-size" }, this.#words.size(upload.file.size)) : el("progress", { max: 1, value: upload.share, "aria-label": state }),
      el("button", { type: "button", className: "icon-button small", "aria-label": label, title: label, onclick: () => this.#remove(upload) }, icon("close")),
    );
  }
}
