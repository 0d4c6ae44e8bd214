// @ts-check
/** Draws one conversation: its head with what may be done, the scroll, who is typing, what is new further down. */
import { drawEvent, drawPending, isProgress, isTogether, markProgress } from "./events.js";
import { el, face, icon, iconButton } from "./dom.js";
import { priority, subject } from "./inbox.js";
import * as words from "./words.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").DeskEvent} DeskEvent */
/** @typedef {"claim"|"resolve"|"hand_back"} Act */
/** @typedef {{mode: "reply"|"note", text: string, failed: string, again: () => void, drop: () => void}} Pending */

const NEAR_END_PX = 80;
const TYPING_MS = 6_000;

export class ThreadPane {
  #wiring;
  #scene;
  /** @type {DeskEvent|undefined} */
  #before;
  #isAtEnd = true;
  #top = 0;
  #customerRead = 0;
  /** @type {Map<string, HTMLElement>} */
  #pending = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #typing = new Map();
  #newer = 0;

  /**
   * @param {HTMLElement} place
   * @param {{me: import("./types.js").Me, assistant: string, act: (name: Act) => void, correct: () => void, back: () => void, details: () => void, seen: (seq: number) => void}} wiring
   */
  constructor(place, wiring) {
    this.#wiring = wiring;
    /** @type {Row|null} */
    this.row = null;
    this.#scene = { me: wiring.me, assistant: wiring.assistant, customer: () => (this.row ? words.called(this.row) : "") };
    this.place = place;
    this.head = el("header", { className: "thread-head" });
    this.state = el("div", { className: "thread-state" });
    this.list = el("ol", { className: "events", role: "log", "aria-label": "What happened", "aria-live": "polite", "aria-relevant": "additions" });
    this.typing = el("p", { className: "typing", "aria-live": "polite" });
    this.scroll = el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Messages" }, this.list, this.typing);
    this.pill = el("button", { type: "button", className: "pill", hidden: true, onclick: () => this.toEnd(true) });
    this.foot = el("div", { className: "foot" });
    this.nothing = el("div", { className: "empty nothing" }, icon("chat"), el("h2", null, "Choose a conversation"), el("p", null, "Press J and K to move through the list, Enter to open one, ? for all keys."));
    place.append(this.nothing, this.head, this.state, el("div", { className: "scroll-place" }, this.scroll, this.pill), this.foot);
    this.scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#stays() && this.toEnd()).observe(this.scroll);
    this.close();
  }

  /** Nothing is open. */
  close() {
    this.row = null;
    this.place.classList.add("is-empty");
    this.clear();
  }

  /** Forgets what is drawn. */
  clear() {
    this.list.setAttribute("aria-busy", "true");
    this.list.replaceChildren();
    this.#pending.clear();
    this.#before = undefined;
    this.#isAtEnd = true;
    this.#top = 0;
    this.#customerRead = 0;
    this.#newer = 0;
    this.pill.hidden = true;
    this.#hush();
  }

  /** Everything that was said before is drawn: from now on it is read out as it comes. */
  ready() {
    this.list.removeAttribute("aria-busy");
  }

  /** The head for a row. @param {Row} row @param {import("./types.js").Here[]} here colleagues who look at it too */
  drawHead(row, here) {
    this.row = row;
    this.place.classList.remove("is-empty");
    this.head.replaceChildren(
      iconButton("back", "Back to the inbox", this.#wiring.back),
      el(
        "div",
        { className: "thread-who" },
        el("h1", { dir: "auto" }, words.called(row), row.customer.vip && el("span", { className: "vip" }, "VIP")),
        el("p", { className: "thread-subject" }, el("span", { dir: "auto" }, subject(row)), priority(row), this.#wiring.me.mayAct && el("button", { type: "button", className: "inline correct", title: "Correct the label (L)", "aria-keyshortcuts": "L", onclick: this.#wiring.correct }, "Correct")),
      ),
      el("div", { className: "viewers" }, ...here.map((one) => el("span", { className: "viewer", title: `${one.name} is looking at this too` }, face(one.name, "small agent"), el("span", { className: "unseen" }, `${one.name} is looking at this too`)))),
      iconButton("panel", "Customer and order", this.#wiring.details),
    );
    this.head.firstElementChild?.classList.add("back");
    this.head.lastElementChild?.classList.add("details");
    this.state.replaceChildren(...stateWords(row, this.#wiring));
    this.state.dataset.owner = row.status === "resolved" || row.status === "closed" ? row.status : row.owner.type;
  }

  /** @param {DeskEvent} event */
  add(event) {
    if (event.type === "draft_offered" && this.#before?.type === "draft_offered") return this.#addSuggestion(event);
    if (isProgress(event)) return this.#addProgress(event);
    const node = drawEvent(event, this.#scene, !isTogether(this.#before, event));
    this.#daySeparator(event);
    this.list.insertBefore(node, this.#firstPending());
    if (event.cid) this.settled(event.cid);
    this.#before = event;
    if (event.type === "message") this.#heard(event);
    this.#arrived(event);
  }

  /** How far a message got stands below it. @param {DeskEvent} event */
  #addProgress(event) {
    const node = this.list.querySelector(`.said[data-seq="${event.body.of}"]`);
    if (node) markProgress(node, event);
    this.#before = event;
  }

  /** Suggestions that came together are one line. @param {DeskEvent} event */
  #addSuggestion(event) {
    const line = this.list.querySelector(`[data-seq="${this.#before?.seq}"]`);
    line?.setAttribute("data-seq", String(event.seq));
    line?.querySelector("span")?.replaceChildren(`${event.body.n} replies suggested`);
    this.#before = event;
    this.#arrived(event);
  }

  /** @param {DeskEvent} event */
  #daySeparator(event) {
    if (this.#before && new Date(this.#before.ts).toDateString() === new Date(event.ts).toDateString()) return;
    this.list.insertBefore(el("li", { className: "day" }, el("span", null, words.day(event.ts, new Date()))), this.#firstPending());
  }

  #firstPending() {
    return this.#pending.values().next().value ?? null;
  }

  /** @param {DeskEvent} event */
  #heard(event) {
    this.#hush(event.author.type);
  }

  /** @param {DeskEvent} event */
  #arrived(event) {
    if (this.#stays() || event.author.id === this.#wiring.me.id) return this.toEnd();
    if (event.type !== "message" && event.type !== "note") return;
    this.#newer += 1;
    this.pill.hidden = false;
    this.pill.replaceChildren(icon("down"), words.counted(this.#newer, "new message"));
  }

  /** To the newest line. @param {boolean} [isSmooth] */
  toEnd(isSmooth = false) {
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: isSmooth && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "instant" });
    this.#top = this.scroll.scrollTop; // known at once: the event may come only after somebody has scrolled away again
    this.#isAtEnd = true;
    this.#newer = 0;
    this.pill.hidden = true;
  }

  /** Only a person leaves the end: when the room gets smaller meanwhile, the end is still what they look at. */
  #stays() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroll;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX || (this.#isAtEnd && scrollTop >= this.#top);
    this.#top = scrollTop;
    return this.#isAtEnd;
  }

  /** Somebody, or the browser, moved the view. */
  #scrolled() {
    if (this.#stays()) {
      this.#newer = 0;
      this.pill.hidden = true;
      this.#wiring.seen(this.#before?.seq ?? 0);
    }
  }

  /** Whether the newest line is in sight. */
  get isAtEnd() {
    return this.#isAtEnd;
  }

  // What is on its way

  /** @param {string} key @param {Pending} pending */
  showPending(key, pending) {
    const node = drawPending(pending, this.#wiring.me.name);
    const held = this.#pending.get(key);
    if (held) held.replaceWith(node);
    else this.list.append(node);
    this.#pending.set(key, node);
    this.toEnd();
  }

  /** It arrived, or was taken back. @param {string} key */
  settled(key) {
    this.#pending.get(key)?.remove();
    this.#pending.delete(key);
  }

  // Typing and reading

  /** @param {{type: string, name: string}} who @param {boolean} on */
  showTyping(who, on) {
    const key = `${who.type}:${who.name}`;
    clearTimeout(this.#typing.get(key));
    this.#typing.delete(key);
    if (on) this.#typing.set(key, setTimeout(() => this.showTyping(who, false), TYPING_MS));
    const names = [...this.#typing.keys()].map((each) => each.split(":")[1] || (this.row ? words.called(this.row) : "The customer"));
    this.typing.textContent = names.length ? `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
  }

  /** @param {string} [type] only those of this kind */
  #hush(type = "") {
    for (const [key, timer] of [...this.#typing]) {
      if (!key.startsWith(type)) continue;
      clearTimeout(timer);
      this.#typing.delete(key);
    }
    if (!this.#typing.size) this.typing.textContent = "";
  }

  /** The customer has read up to here: the last of our messages says so. @param {number} seq */
  showRead(seq) {
    this.#customerRead = Math.max(this.#customerRead, seq);
    this.list.querySelector(".seen-mark")?.remove();
    const ours = [...this.list.querySelectorAll(".from-agent[data-seq], .from-assistant[data-seq]")];
    const last = ours.filter((node) => Number(node.getAttribute("data-seq")) <= this.#customerRead).at(-1);
    last?.querySelector(":scope > .delivery")?.append(el("span", { className: "seen-mark" }, icon("check"), "Seen"));
  }
}

/**
 * Whose turn it is, and what may be done about it.
 * @param {Row} row
 * @param {{me: import("./types.js").Me, assistant: string, act: (name: Act) => void}} wiring
 */
function stateWords(row, { me, assistant, act }) {
  const button = (/** @type {Act} */ name, /** @type {string} */ label, /** @type {string} */ key, kind = "") =>
    me.mayAct && el("button", { type: "button", className: `button ${kind}`, "data-act": name, "aria-keyshortcuts": key, title: `${label} (${key})`, onclick: () => act(name) }, label);
  const claim = (/** @type {string} */ kind) => button("claim", "Take over", "T", kind);
  const resolve = button("resolve", "Resolve", "E");
  const back = button("hand_back", `Hand back to ${assistant}`, "B");
  const say = (/** @type {Node} */ sign, /** @type {string} */ title, /** @type {string} */ text) =>
    el("p", { className: "state-words" }, sign, el("span", null, el("strong", null, title), " ", text));
  if (row.status === "closed") return [say(icon("check"), "Closed.", "The customer's next message starts a new conversation.")];
  if (row.status === "resolved") return [say(icon("check"), "Resolved.", "It opens again when the customer writes."), row.owner.type !== "agent" && claim("")].filter((part) => part !== false);
  if (row.owner.type === "assistant") return [say(icon("spark"), `${assistant} is answering.`, "Take over to write yourself."), claim("primary"), resolve].filter((part) => part !== false);
  if (row.owner.type === "queue") return [say(icon("hand"), "Waiting for a person.", row.handoff_reason ? `${words.reason(row.handoff_reason)}.` : ""), claim("primary"), back].filter((part) => part !== false);
  if (row.owner.id === me.id) return [say(face(me.name, "small agent"), "You have this.", `${assistant} is silent until you hand back.`), resolve, back].filter((part) => part !== false);
  if (!row.owner.id) return [say(face(row.owner.name, "small agent"), "Answered in the provider's own app.", "Take over to write here."), claim("primary"), back].filter((part) => part !== false);
  const mayTake = ["supervisor", "admin"].includes(me.role);
  return [say(face(row.owner.name, "small agent"), `${row.owner.name} has this.`, mayTake ? "" : "You can read and leave notes."), mayTake && claim("")].filter((part) => part !== false);
}
