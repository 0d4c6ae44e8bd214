// @ts-check
/**
 * Where a person writes: a reply to the customer or a note for colleagues, never one by mistake for the other. Holds suggested
 * replies, what was written and not sent, and what arrived meanwhile.
 */
import { receipts } from "./events.js";
import { el, icon } from "./dom.js";
import { newKey } from "./api.js";
import * as words from "./words.js";

/** @typedef {import("./types.js").Draft} Draft */
/** @typedef {"reply"|"note"} Mode */
/** @typedef {{mode: Mode, text: string, key: string, draft: {n: number, edited: boolean}|null}} Sending */

const LONGEST = 4000;
const WARN_FROM = 3600;
const TYPING_EVERY_MS = 3_000;
const SILENT_AFTER_MS = 4_000;
const KEEP_AFTER_MS = 250;

export class Composer {
  /** @type {Mode} */
  mode = "reply";
  #wiring;
  #conv = "";
  /** @type {import("./types.js").Row|null} */
  #row = null;
  /** @type {{n: number, original: string}|null} */
  #used = null;
  #before = "";
  /** What is written in the mode that is not shown: a note never becomes a reply by a wrong tap. @type {Record<Mode, string>} */
  #texts = { reply: "", note: "" };
  #typingAt = 0;
  #isTyping = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #silence;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #keeping;

  /**
   * @param {HTMLElement} place
   * @param {{me: import("./types.js").Me, send: (sending: Sending) => void, typing: (on: boolean) => void}} wiring
   */
  constructor(place, wiring) {
    this.#wiring = wiring;
    this.drafts = el("div", { className: "drafts" });
    this.arrived = el("div", { className: "arrived", role: "alert" });
    this.ask = el("div", { className: "ask" });
    this.text = el("textarea", { id: "text", rows: 2, maxLength: LONGEST + 500, dir: "auto" });
    this.label = el("label", { className: "unseen", for: "text" });
    this.to = el("p", { className: "to" });
    this.left = el("span", { className: "left", role: "status" });
    this.button = el("button", { type: "submit", className: "button primary send" });
    this.tabs = el("div", { className: "modes", role: "group", "aria-label": "What to write" }, this.#tab("reply", "Reply", "R"), this.#tab("note", "Note", "N"));
    this.form = el("form", { className: "composer" }, this.arrived, this.drafts, el("div", { className: "composer-head" }, this.tabs, this.left), this.ask, this.label, this.text, el("div", { className: "composer-foot" }, this.to, this.button));
    this.closed = el("p", { className: "composer-closed" });
    place.append(this.form, this.closed);
    this.#listen();
    this.setMode("reply");
  }

  #listen() {
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.text.oninput = () => this.#changed();
    this.text.onkeydown = (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
        event.preventDefault();
        this.#send();
      }
    };
    this.text.onblur = () => this.#silent();
    addEventListener("pagehide", () => this.#keep());
  }

  /** @param {Mode} mode @param {string} label @param {string} key */
  #tab(mode, label, key) {
    return el("button", { type: "button", className: `mode ${mode}`, "data-mode": mode, "aria-keyshortcuts": key, title: `${label} (${key})`, onclick: () => this.#choose(mode) }, icon(mode === "note" ? "note" : "reply"), label);
  }

  /** @param {Mode} mode */
  #choose(mode) {
    this.setMode(mode);
    this.text.focus();
  }

  // What it is for

  /** @param {string} conv */
  open(conv) {
    if (this.#conv) this.#keep();
    this.#conv = conv;
    const kept = this.#kept();
    this.#texts = kept.texts;
    this.#used = kept.draft ?? null;
    this.#before = "";
    this.arrived.replaceChildren();
    this.drafts.replaceChildren();
    this.drafts.dataset.key = "";
    this.mode = kept.mode;
    this.text.value = kept.texts[kept.mode];
    this.setMode(kept.mode);
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.#texts[this.mode] = this.text.value;
    if (mode !== this.mode) this.text.value = this.#texts[mode];
    this.mode = mode;
    this.ask.replaceChildren();
    this.form.dataset.mode = mode;
    for (const tab of this.tabs.querySelectorAll("button")) tab.setAttribute("aria-pressed", String(tab.dataset.mode === mode));
    this.label.textContent = mode === "note" ? "Note for colleagues" : "Reply to the customer";
    this.text.placeholder = mode === "note" ? "Write a note. Only colleagues see it." : "Write a reply. The customer sees it.";
    if (mode === "note") this.#silent();
    this.#drawTo();
    this.#changed(false);
  }

  /** Whose conversation it is, and where a reply would go. @param {import("./types.js").Row} row @param {import("./types.js").Panel|null} panel */
  describe(row, panel) {
    this.#row = row;
    this.recipient = panel?.recipient ?? { channel: row.channel, kind: "", label: "", proof: "" };
    const isOthers = row.owner.type === "agent" && row.owner.id !== "" && row.owner.id !== this.#wiring.me.id;
    this.form.hidden = !this.#wiring.me.mayAct;
    this.closed.hidden = this.#wiring.me.mayAct;
    this.closed.textContent = "Your role may read, not write.";
    const reply = /** @type {HTMLButtonElement} */ (this.tabs.querySelector('[data-mode="reply"]'));
    reply.disabled = isOthers || row.status === "closed";
    if (reply.disabled && this.mode === "reply") this.setMode("note");
    this.#drawTo();
  }

  #drawTo() {
    if (this.mode === "note") {
      this.to.replaceChildren(icon("note"), "Stays inside the team");
      this.button.textContent = "Save note";
      return;
    }
    const via = words.channel(this.recipient?.channel ?? "");
    const name = this.#row?.customer.name || "the visitor";
    this.to.replaceChildren(icon(via.icon), el("span", null, "To ", el("strong", { dir: "auto" }, name), ` by ${via.name}`, this.recipient?.label && this.recipient.label !== name ? `, ${this.recipient.label}` : ""));
    this.button.textContent = "Send reply";
  }

  // Suggested replies

  /** @param {Draft[]} all */
  showDrafts(all) {
    const key = all.map((draft) => draft.seq).join(",");
    if (this.drafts.dataset.key === key) return;
    this.drafts.dataset.key = key;
    if (!all.length) return this.drafts.replaceChildren();
    const cards = all.map((draft) =>
      el(
        "li",
        { className: "draft" },
        el("button", { type: "button", className: "draft-use", onclick: () => this.use(draft) }, el("span", { className: "draft-label" }, draft.label), el("span", { className: "draft-text", dir: "auto" }, draft.text)),
        receipts(draft.evidence ?? [], words.counted((draft.evidence ?? []).length, "fact")),
        unsaid(draft),
      ),
    );
    this.drafts.replaceChildren(el("p", { className: "drafts-title" }, icon("spark"), "Suggested replies"), el("ol", { className: "draft-list", role: "list", "aria-label": "Suggested replies" }, ...cards));
  }

  /** Puts a suggestion into the field; what was written there is not lost. @param {Draft} draft */
  use(draft) {
    if (this.mode === "note") this.setMode("reply");
    if (this.mode !== "reply") return;
    const written = this.text.value.trim();
    if (!written || written === this.#used?.original.trim()) return this.#put(draft.text, draft);
    this.ask.replaceChildren(
      el("span", null, "You have already written something."),
      el("button", { type: "button", className: "button", onclick: () => this.#put(`${this.text.value.trimEnd()}\n\n${draft.text}`, draft) }, "Add below"),
      el("button", { type: "button", className: "button", onclick: () => this.#put(draft.text, draft) }, "Replace"),
      el("button", { type: "button", className: "inline", onclick: () => this.ask.replaceChildren() }, "Leave it"),
    );
    this.ask.querySelector("button")?.focus();
  }

  /** @param {string} text @param {Draft} draft */
  #put(text, draft) {
    this.#before = this.text.value;
    const usedBefore = this.#used;
    this.#used = { n: draft.n, original: text };
    this.#write(text);
    this.ask.replaceChildren(
      el("span", null, `Suggestion “${draft.label}” is in the field.`),
      el("button", { type: "button", className: "inline", onclick: () => this.#undo(usedBefore) }, "Undo"),
    );
  }

  /** @param {{n: number, original: string}|null} used */
  #undo(used) {
    this.#used = used;
    this.#write(this.#before);
    this.ask.replaceChildren();
  }

  /** @param {string} text */
  #write(text) {
    this.text.value = text;
    this.#changed();
    this.text.focus();
    this.text.setSelectionRange(text.length, text.length);
  }

  // Writing and sending

  /** @param {boolean} [isTyped] */
  #changed(isTyped = true) {
    const text = this.text.value;
    const over = text.length - LONGEST;
    this.left.textContent = over > 0 ? `${over} characters too many` : text.length > WARN_FROM ? `${-over} characters left` : "";
    this.left.classList.toggle("bad", over > 0);
    this.button.disabled = !text.trim() || over > 0;
    if (!text && this.mode === "reply") this.#used = null;
    this.form.classList.toggle("has-text", Boolean(text) || this.mode === "note");
    clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => this.#keep(), KEEP_AFTER_MS);
    if (isTyped && this.mode === "reply" && text) this.#typed();
  }

  #typed() {
    if (Date.now() - this.#typingAt > TYPING_EVERY_MS) {
      this.#typingAt = Date.now();
      this.#isTyping = true;
      this.#wiring.typing(true);
    }
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#silent(), SILENT_AFTER_MS);
  }

  #silent() {
    clearTimeout(this.#silence);
    if (this.#isTyping) this.#wiring.typing(false);
    this.#isTyping = false;
    this.#typingAt = 0;
  }

  #send() {
    const text = this.text.value.trim();
    if (!text || text.length > LONGEST) return;
    const draft = this.mode === "reply" && this.#used ? { n: this.#used.n, edited: this.#used.original.trim() !== text } : null;
    const sending = { mode: this.mode, text, key: newKey(), draft };
    this.text.value = "";
    if (this.mode === "reply") this.#used = null;
    this.ask.replaceChildren();
    this.arrived.replaceChildren();
    this.#changed(false);
    this.#keep();
    this.#silent();
    this.#wiring.send(sending);
  }

  /** Puts a text back that was not sent; what was written since stays below it. @param {Sending} sending */
  restore({ text, mode, draft }) {
    this.setMode(mode);
    const since = this.text.value.trim();
    if (mode === "reply") this.#used = draft ? { n: draft.n, original: draft.edited ? "" : text } : null;
    this.#write(since ? `${text}\n\n${since}` : text);
  }

  /** Shows what came while the author wrote. @param {Node[]} lines @param {() => void} send sends the text all the same */
  showArrived(lines, send) {
    this.arrived.replaceChildren(
      el("p", { className: "arrived-title" }, icon("warn"), "Not sent: this happened while you wrote"),
      el("ul", null, ...lines),
      el("p", { className: "arrived-acts" }, el("button", { type: "button", className: "button", onclick: send }, "Send it anyway"), el("button", { type: "button", className: "inline", onclick: () => this.#dismiss() }, "Keep editing")),
    );
  }

  #dismiss() {
    this.arrived.replaceChildren();
    this.text.focus();
  }

  /** Sends what stands in the field. */
  sendNow() {
    this.#send();
  }

  // What was written and not sent, by conversation

  get #place() {
    return `onethread.draft.${this.#wiring.me.id}.${this.#conv}`;
  }

  #keep() {
    clearTimeout(this.#keeping);
    if (!this.#conv) return;
    this.#texts[this.mode] = this.text.value;
    try {
      if (!this.#texts.reply.trim() && !this.#texts.note.trim()) localStorage.removeItem(this.#place);
      else localStorage.setItem(this.#place, JSON.stringify({ texts: this.#texts, mode: this.mode, draft: this.#used ?? undefined }));
    } catch {
      // Without storage the text lives as long as the page.
    }
  }

  /** @returns {import("./types.js").Written} */
  #kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#place) ?? "null");
      const { reply, note } = kept.texts;
      return { texts: { reply: String(reply ?? ""), note: String(note ?? "") }, mode: kept.mode === "note" ? "note" : "reply", draft: kept.draft };
    } catch {
      return { texts: { reply: "", note: "" }, mode: "reply" };
    }
  }

  /** Keeps a text for a conversation that is not open any more. @param {string} conv @param {Sending} sending */
  keepFor(conv, { mode, text }) {
    const texts = { reply: "", note: "", [mode]: text };
    localStorage.setItem(`onethread.draft.${this.#wiring.me.id}.${conv}`, JSON.stringify({ texts, mode }));
  }
}

/** What a suggestion leaves out because no fact proves it, and why. @param {Draft} draft */
function unsaid({ unsaid: left, label }) {
  if (!left?.length) return null;
  const items = left.map(({ text, why }) => el("li", null, el("q", { dir: "auto" }, text), " ", el("span", { className: "quiet" }, `(${why})`)));
  return el("details", { className: "receipts unsaid" }, el("summary", { "aria-label": `${words.counted(left.length, "sentence")} left out of “${label}”` }, icon("warn"), `${words.counted(left.length, "sentence")} left out`), el("p", { className: "quiet" }, "No fact of the order or the policy proves this:"), el("ul", null, ...items));
}
