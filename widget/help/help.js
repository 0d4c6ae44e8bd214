// @ts-check
/**
 * Articles of the help centre inside the chat: a field, what fits, and one article as plain text. Loaded when somebody asks
 * for it, over the transcript, which stays as it is behind it.
 */
import { endpoint } from "../app/chat.js";
import { button, el, link, safeLink } from "../app/dom.js";

const WAIT_MS = 250;

/** @typedef {{back: string, close: string, none: string, wrong: string, page: string, found: string}} HelpWords */
/** @typedef {{slug: string, lang: string, title: string, snippet: string}} Found */
/** @typedef {{kind: "text"|"step"|"item", text: string, number: number}} Block */
/** @typedef {{title: string, url: string, sections: {heading: string, blocks: Block[]}[]}} Article */

/** @type {Record<string, HelpWords>} */
const WORDS = {
  en: { back: "Back", close: "Back to the chat", none: "Nothing was found. Ask in the chat.", wrong: "That did not work. Try again.", page: "Open as a page", found: "Articles found: {count}" },
  es: { back: "Volver", close: "Volver al chat", none: "No hay nada. Pregunta en el chat.", wrong: "No ha funcionado. Inténtalo de nuevo.", page: "Abrir como página", found: "Artículos encontrados: {count}" },
  fr: { back: "Retour", close: "Retour au chat", none: "Rien n'a été trouvé. Demandez dans le chat.", wrong: "Cela n'a pas marché. Réessayez.", page: "Ouvrir la page", found: "Articles trouvés : {count}" },
  de: { back: "Zurück", close: "Zurück zum Chat", none: "Nichts gefunden. Fragen Sie im Chat.", wrong: "Das hat nicht geklappt. Versuchen Sie es noch einmal.", page: "Als Seite öffnen", found: "Gefundene Artikel: {count}" },
  pt: { back: "Voltar", close: "Voltar ao chat", none: "Nada foi encontrado. Pergunte no chat.", wrong: "Não funcionou. Tente de novo.", page: "Abrir como página", found: "Artigos encontrados: {count}" },
};

/**
 * Opens the search over the transcript; `label` is what the field is called.
 * @param {string} label
 */
export function show(label) {
  const middle = document.querySelector(".middle");
  if (!middle || middle.querySelector(".help")) return;
  middle.append(new Help(label, /** @type {HTMLElement} */ (middle)).node);
  /** @type {HTMLElement|null} */ (middle.querySelector(".help input"))?.focus();
}

class Help {
  #language = document.documentElement.lang.slice(0, 2).toLowerCase();
  #words = WORDS[this.#language] ?? WORDS.en;
  #middle;
  #asked = 0;
  /** Who writes meanwhile wants to see the conversation again. */
  #said = new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    if (added.some((node) => node instanceof Element && node.matches(".me"))) this.#close();
  });
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #heading = el("h2", { tabIndex: -1 });
  #text = el("div", { className: "help-text" });
  #list = el("ul", { className: "help-list" });
  #status = el("p", { className: "help-status", role: "status" });
  #field;
  #search;
  #article;

  /**
   * @param {string} label
   * @param {HTMLElement} middle
   */
  constructor(label, middle) {
    this.#middle = middle;
    this.#field = el("input", { type: "search", maxLength: 200, placeholder: label, "aria-label": label, autocomplete: "off", oninput: () => this.#soon() });
    const form = el("form", { role: "search", onsubmit: (/** @type {Event} */ event) => this.#now(event) }, this.#field);
    this.#search = el("div", null, button("help-back", () => this.#close(), `‹ ${this.#words.close}`), form, this.#status, this.#list);
    this.#article = el("article", { hidden: true }, button("help-back", () => this.#toList(), `‹ ${this.#words.back}`), this.#heading, this.#text);
    const style = el("link", { rel: "stylesheet", href: new URL("help.css", import.meta.url).href });
    this.node = el("section", { className: "help", "aria-label": label }, style, this.#search, this.#article);
    this.node.addEventListener("keydown", (event) => this.#escape(event));
    this.#shield(true);
    this.#said.observe(/** @type {HTMLElement} */ (middle.querySelector(".log ol")), { childList: true });
  }

  /** What lies behind is out of reach for keys and screen readers. @param {boolean} on */
  #shield(on) {
    for (const node of this.#middle.querySelectorAll(".log")) /** @type {HTMLElement} */ (node).inert = on;
  }

  /** @param {KeyboardEvent} event */
  #escape(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    if (this.#article.hidden) this.#close();
    else this.#toList();
  }

  #close() {
    clearTimeout(this.#timer);
    this.#said.disconnect();
    this.#shield(false);
    const held = this.node.contains(document.activeElement);
    this.node.remove();
    const stops = /** @type {NodeListOf<HTMLElement>} */ (this.#middle.querySelectorAll(".intro .choice"));
    if (held) stops[stops.length - 1]?.focus();
  }

  #toList() {
    this.#article.hidden = true;
    this.#search.hidden = false;
    this.#field.focus();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#find(), WAIT_MS);
  }

  /** @param {Event} event */
  #now(event) {
    event.preventDefault();
    clearTimeout(this.#timer);
    void this.#find();
  }

  /** Only the answer to the last question is shown. */
  async #find() {
    const turn = ++this.#asked;
    const q = this.#field.value.trim();
    const found = q ? await get("help", { q, lang: this.#language }) : { articles: [] };
    if (turn !== this.#asked) return;
    /** @type {Found[]} */
    const articles = found?.articles ?? [];
    this.#list.replaceChildren(...articles.map((each) => this.#entry(each)));
    const { wrong, none, found: count } = this.#words;
    this.#status.textContent = !found ? wrong : !q ? "" : articles.length ? count.replace("{count}", String(articles.length)) : none;
  }

  /** @param {Found} found */
  #entry(found) {
    return el("li", null, button("help-entry", () => void this.#read(found), el("b", { dir: "auto" }, found.title), el("span", { dir: "auto" }, found.snippet)));
  }

  /** @param {Found} found */
  async #read({ slug, lang }) {
    /** @type {Article|null} */
    const article = await get(`help/${lang}/${slug}`);
    if (!article) {
      this.#status.textContent = this.#words.wrong;
      return;
    }
    this.#heading.textContent = article.title;
    const href = safeLink(article.url);
    this.#text.replaceChildren(...article.sections.flatMap(paragraphs), ...(href ? [el("p", null, link(href, "", this.#words.page))] : []));
    this.#search.hidden = true;
    this.#article.hidden = false;
    this.node.scrollTop = 0;
    this.#heading.focus();
  }
}

/** @param {Article["sections"][number]} section */
function paragraphs({ heading, blocks }) {
  const marks = { text: "", item: "• ", step: "" };
  const lines = blocks.map(({ kind, text, number }) => el("p", { className: kind, dir: "auto" }, kind === "step" ? `${number}. ` : marks[kind], text));
  return heading ? [el("h3", { dir: "auto" }, heading), ...lines] : lines;
}

/**
 * What a door of the help centre answers; nothing where it does not.
 * @param {string} name
 * @param {Record<string, string>} [query]
 */
async function get(name, query) {
  try {
    const answer = await fetch(endpoint(name, query));
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
