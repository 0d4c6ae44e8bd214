// @ts-check
/**
 * Where a conversation can go on: WhatsApp by a link with a code, e-mail by a mail that is only to be answered. Loaded when
 * somebody asks for it, over the transcript, which stays as it is behind it.
 */
import { endpoint } from "../app/chat.js";
import { button, el, icon, link, safeLink, setText } from "../app/dom.js";

/** @typedef {{title: string, close: string, lead: string, whatsapp: string, whatsappHint: string, email: string, emailHint: string,
 *   address: string, send: string, sent: string, bad: string, wrong: string}} ContinueWords */
/** @typedef {{url?: string, sent?: boolean, error?: {code: string}}} Answer */

/** @type {Record<string, ContinueWords>} */
const WORDS = {
  en: { title: "Go on elsewhere", close: "Back to the chat", lead: "The conversation goes along: nothing has to be said twice.", whatsapp: "Continue on WhatsApp", whatsappHint: "Send the message that is written there already.", email: "Continue by e-mail", emailHint: "We send a mail. Just reply to it.", address: "E-mail address", send: "Send the mail", sent: "If mails reach this address, one is on its way. Look into the spam folder too.", bad: "Write an address such as ana@example.com", wrong: "That did not work. Try again in a minute." },
  es: { title: "Seguir en otro lugar", close: "Volver al chat", lead: "La conversación va contigo: no hay que repetir nada.", whatsapp: "Continuar en WhatsApp", whatsappHint: "Envía el mensaje que ya está escrito.", email: "Continuar por correo", emailHint: "Enviamos un correo. Basta con responder.", address: "Correo electrónico", send: "Enviar el correo", sent: "Si a esta dirección llegan correos, hay uno en camino. Mira también en spam.", bad: "Escribe una dirección como ana@example.com", wrong: "No ha funcionado. Inténtalo dentro de un minuto." },
  fr: { title: "Continuer ailleurs", close: "Retour au chat", lead: "La conversation vous suit : rien n'est à répéter.", whatsapp: "Continuer sur WhatsApp", whatsappHint: "Envoyez le message qui y est déjà écrit.", email: "Continuer par e-mail", emailHint: "Nous envoyons un e-mail. Il suffit d'y répondre.", address: "Adresse e-mail", send: "Envoyer l'e-mail", sent: "Si cette adresse reçoit des e-mails, il y en a un en route. Regardez aussi dans les indésirables.", bad: "Écrivez une adresse comme ana@example.com", wrong: "Cela n'a pas marché. Réessayez dans une minute." },
  de: { title: "Anderswo weitermachen", close: "Zurück zum Chat", lead: "Das Gespräch geht mit: Nichts muss zweimal gesagt werden.", whatsapp: "Auf WhatsApp weitermachen", whatsappHint: "Senden Sie die Nachricht, die dort schon steht.", email: "Per E-Mail weitermachen", emailHint: "Wir senden eine Mail. Einfach darauf antworten.", address: "E-Mail-Adresse", send: "Mail senden", sent: "Wenn diese Adresse Mails empfängt, ist eine unterwegs. Sehen Sie auch im Spam-Ordner nach.", bad: "Schreiben Sie eine Adresse wie ana@example.com", wrong: "Das hat nicht geklappt. Versuchen Sie es in einer Minute." },
  pt: { title: "Continuar noutro lugar", close: "Voltar ao chat", lead: "A conversa vai junto: nada tem de ser repetido.", whatsapp: "Continuar no WhatsApp", whatsappHint: "Envie a mensagem que já lá está escrita.", email: "Continuar por e-mail", emailHint: "Enviamos um e-mail. Basta responder.", address: "Endereço de e-mail", send: "Enviar o e-mail", sent: "Se este endereço recebe e-mails, há um a caminho. Veja também no spam.", bad: "Escreva um endereço como ana@example.com", wrong: "Não funcionou. Tente dentro de um minuto." },
};

/** @type {HTMLButtonElement|undefined} */
let offered;

/**
 * Puts the way to the ways below the field, as soon as there is a conversation that could go on. Safe to call again.
 * @param {import("../app/chat.js").Chat} chat
 */
export function show(chat) {
  const under = document.querySelector(".under");
  const list = document.querySelector(".log ol");
  if (!under || !list) return;
  const words = spoken();
  if (offered) return setText(offered.lastElementChild, words.title);
  const way = (offered = button("person elsewhere", () => open(chat), icon("out"), el("span", null, words.title)));
  const place = () => (chat.log.last ? way.parentElement || under.lastElementChild?.before(way) : way.remove());
  const style = el("link", { rel: "stylesheet", href: new URL("ways.css", import.meta.url).href });
  document.head.append(style);
  new MutationObserver(place).observe(list, { childList: true, subtree: true, characterData: true });
  place();
}

function spoken() {
  return WORDS[document.documentElement.lang.slice(0, 2).toLowerCase()] ?? WORDS.en;
}

/**
 * Opens the ways over the transcript.
 * @param {import("../app/chat.js").Chat} chat
 */
function open(chat) {
  const middle = /** @type {HTMLElement|null} */ (document.querySelector(".middle"));
  if (!middle || middle.querySelector(".help")) return;
  const words = spoken();
  const back = /** @type {HTMLElement|null} */ (document.activeElement);
  const shield = (/** @type {boolean} */ on) => {
    for (const node of middle.querySelectorAll(".log")) /** @type {HTMLElement} */ (node).inert = on;
  };
  const close = () => {
    shield(false);
    node.remove();
    back?.focus();
  };
  const ways = chat.settings?.ways ?? [];
  const style = new URL("../help/help.css", import.meta.url).href;
  const node = el(
    "section",
    { className: "help ways", "aria-label": words.title },
    el("link", { rel: "stylesheet", href: style }),
    button("help-back", close, `‹ ${words.close}`),
    el("h2", { tabIndex: -1 }, words.title),
    el("p", null, words.lead),
    ways.includes("whatsapp") && whatsapp(chat, words),
    ways.includes("email") && email(chat, words),
  );
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    close();
  });
  shield(true);
  middle.append(node);
  node.querySelector("h2")?.focus();
}

/**
 * @param {import("../app/chat.js").Chat} chat
 * @param {ContinueWords} words
 */
function whatsapp(chat, words) {
  const status = el("p", { className: "help-status", role: "status" }, words.whatsappHint);
  const place = el("p");
  void ask(chat, { to: "whatsapp" }).then(({ url }) => {
    const href = safeLink(url);
    if (href) place.append(link(href, "way", words.whatsapp));
    else status.textContent = words.wrong;
  });
  return el("div", { className: "way-box" }, place, status);
}

/**
 * @param {import("../app/chat.js").Chat} chat
 * @param {ContinueWords} words
 */
function email(chat, words) {
  const field = el("input", { type: "email", autocomplete: "email", maxLength: 254, required: true, placeholder: words.address, "aria-label": words.address, "aria-describedby": "way-status" });
  const status = el("p", { className: "help-status", id: "way-status", role: "status" }, words.emailHint);
  const submit = el("button", { className: "way" }, words.send);
  const onsubmit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    submit.disabled = true;
    const { sent, error } = await ask(chat, { to: "email", address: field.value });
    submit.disabled = false;
    status.textContent = sent ? words.sent : error?.code === "email" ? words.bad : words.wrong;
    field.ariaInvalid = String(error?.code === "email");
    if (sent) field.value = "";
    else field.focus();
  };
  return el("form", { className: "way-box", noValidate: true, onsubmit }, el("h3", null, words.email), field, submit, status);
}

/**
 * @param {import("../app/chat.js").Chat} chat
 * @param {object} body
 * @returns {Promise<Answer>}
 */
async function ask({ conv, token }, body) {
  try {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const answer = await fetch(endpoint("continue"), { method: "POST", headers, body: JSON.stringify({ ...body, conv }) });
    return await answer.json();
  } catch {
    return {};
  }
}
