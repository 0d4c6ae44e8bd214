// @ts-check
/* The telephone: a call in text, or by the browser's own speech where it has it. Whoever types breaks in. */
import { element, toast } from "./common.js";
import { act, badge, part } from "./devices.js";

/** @typedef {import("./devices.js").World} World */
/** @typedef {import("./devices.js").Call} Call */
/** @typedef {import("./devices.js").Said} Said */

const WHO = /** @type {Record<string, string>} */ ({ shop: "Shop", caller: "You", note: "", colleague: "Colleague" });
let shown = "";
let isTalking = false;
let isSpeaking = false;
let isRinging = false;
let hasBegun = false;
let spoken = 0;
let sid = "";
/** @type {any} */
let recognition = null;

export function startCall() {
  const words = part("words", HTMLInputElement);
  part("dial", HTMLButtonElement).addEventListener("click", () => void act(isRinging ? "answer" : isTalking ? "hang-up" : "dial"));
  words.addEventListener("input", () => begin(words.value));
  document.querySelector('[data-form="call"]')?.addEventListener("submit", (event) => {
    event.preventDefault();
    void say(words.value);
    words.value = "";
  });
  part("keys", HTMLElement).addEventListener("click", (event) => {
    const key = event.target instanceof Element ? event.target.getAttribute("data-key") : null;
    if (key) press(key);
  });
  document.getElementById("call")?.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === "text";
    if (!isTyping && isTalking && /^[0-9*#]$/.test(event.key)) press(event.key);
  });
  for (const button of document.querySelectorAll("[data-takes]")) {
    button.addEventListener("click", () => void act("colleague", { takes: button.getAttribute("data-takes") === "yes" }));
  }
  prepareVoice(words);
}

/** @param {string} typed the caller began to speak: once for each thing that is said */
function begin(typed) {
  if (!typed || hasBegun || !isSpeaking) return;
  hasBegun = true;
  hush();
  void act("speak");
}

/** @param {string} text */
async function say(text) {
  hasBegun = false;
  hush();
  if (text.trim()) await act("say", { text });
}

/** @param {string} key */
function press(key) {
  hush();
  void act("press", { key });
}

/** @param {World} world */
export function showCall(world) {
  const call = world.call;
  isTalking = call?.state === "talking" || call?.state === "ringing";
  isRinging = Boolean(call?.incoming && call.state === "ringing");
  isSpeaking = Boolean(call?.speaking);
  if (!isSpeaking) hasBegun = false;
  badge("call", isTalking ? 1 : 0);
  const state = part("state", HTMLElement);
  const told = !call ? "Not on a call" : isRinging ? "The shop is calling" : call.state === "ringing" ? "Ringing…" : call.state === "ended" ? `Call ended${call.ended_by === "shop" ? " by the shop" : ""}` : call.speaking ? "The shop is speaking. Type to break in." : "Your turn";
  if (state.textContent !== told) state.textContent = told;
  state.dataset.state = call?.state ?? "";
  const dial = part("dial", HTMLButtonElement);
  dial.textContent = isRinging ? "Answer" : isTalking ? "Hang up" : "Call the shop";
  dial.classList.toggle("hang-up", isTalking && !isRinging);
  const canTalk = call?.state === "talking";
  part("words", HTMLInputElement).disabled = !canTalk;
  for (const button of document.querySelectorAll('[data-form="call"] .send, [data-key], [data-part="mic"]')) {
    if (button instanceof HTMLButtonElement) button.disabled = !canTalk;
  }
  showTransfer(call);
  const key = JSON.stringify([world.me.id, call?.sid, call?.transcript]);
  if (key === shown) return;
  shown = key;
  const list = part("transcript", HTMLOListElement);
  const lines = call?.transcript ?? [];
  list.replaceChildren(...(lines.length ? lines.map(line) : [element("li", "Call the shop and talk by typing. It goes over the provider's voice relay, word by word.", "note")]));
  list.scrollTop = list.scrollHeight;
  if (call) readAloud(call);
}

/** @param {Said} said */
function line(said) {
  const made = element("li", "", said.who);
  if (WHO[said.who]) made.append(element("small", WHO[said.who]));
  const words = element("p", said.text.slice(0, said.spoken));
  if (said.spoken < said.text.length) words.append(element("span", said.text.slice(said.spoken), said.cut ? "unheard" : "coming"));
  made.append(words);
  return made;
}

/** @param {Call|null} call */
function showTransfer(call) {
  const place = part("colleague", HTMLElement);
  const transfer = call?.state === "talking" ? call.transfer : null;
  place.hidden = !transfer;
  if (!transfer) return;
  const told = transfer.bridged ? `${transfer.whisper ? `Whispered to the colleague: ${transfer.whisper} ` : ""}The caller is on the line.` : transfer.needs_key ? `Whispered to the colleague: ${transfer.whisper}` : `${transfer.to} is ringing.`;
  const text = part("ringing", HTMLElement);
  if (text.textContent !== told) text.textContent = told;
  const [yes, no] = [...place.querySelectorAll("button")];
  yes.hidden = transfer.bridged;
  yes.textContent = transfer.needs_key ? "Press 1 to accept" : "Answer";
  no.textContent = transfer.bridged ? "Hang up" : transfer.needs_key ? "Hang up" : "Let it ring";
}

// The browser's own speech, where it has it

/** @param {HTMLInputElement} words */
function prepareVoice(words) {
  if ("speechSynthesis" in window) part("aloud-label", HTMLElement).hidden = false;
  part("aloud", HTMLInputElement).addEventListener("change", hush);
  const browser = /** @type {any} */ (window);
  const Recognition = browser.SpeechRecognition ?? browser.webkitSpeechRecognition;
  const policy = /** @type {any} */ (document).permissionsPolicy ?? /** @type {any} */ (document).featurePolicy;
  if (!Recognition || (policy && !policy.allowsFeature("microphone"))) return;
  const mic = part("mic", HTMLButtonElement);
  mic.hidden = false;
  mic.addEventListener("click", () => (recognition ? recognition.stop() : listen(Recognition, mic, words)));
}

/**
 * @param {any} Recognition
 * @param {HTMLButtonElement} mic
 * @param {HTMLInputElement} words
 */
function listen(Recognition, mic, words) {
  recognition = new Recognition();
  recognition.lang = navigator.language || "en-US";
  recognition.interimResults = true;
  recognition.onresult = (/** @type {any} */ event) => {
    const result = event.results[event.results.length - 1];
    words.value = result[0].transcript;
    begin(words.value);
    if (!result.isFinal) return;
    void say(words.value);
    words.value = "";
  };
  recognition.onerror = (/** @type {any} */ event) => {
    if (event.error !== "no-speech" && event.error !== "aborted") toast("The browser cannot hear you: type instead.", true);
  };
  recognition.onend = () => {
    recognition = null;
    mic.setAttribute("aria-pressed", "false");
  };
  mic.setAttribute("aria-pressed", "true");
  recognition.start();
}

function hush() {
  if ("speechSynthesis" in window) speechSynthesis.cancel();
}

/** @param {Call} call reads out each new utterance of the shop once it is whole */
function readAloud(call) {
  if (call.sid !== sid) {
    sid = call.sid;
    spoken = 0;
  }
  const from = spoken;
  spoken = call.transcript.length;
  if (!part("aloud", HTMLInputElement).checked) return;
  for (const said of call.transcript.slice(from)) {
    if (said.who === "shop" && said.text) speechSynthesis.speak(new SpeechSynthesisUtterance(said.text));
  }
}
