// @ts-check
/* The shop front: filters, colours, the sheet of a product, and orders that keep themselves up to date. */
import { copyOnPress, day, element, readOrders, timeOf, toast, whileVisible } from "./common.js";

/** @typedef {{sku: string, options: Record<string, string>, price: number, stock: number, available: boolean}} Variant */
/** @typedef {{rating: number, text: string, author: string}} Review */
/** @typedef {{id: string, title: string, description: string, category: string, attributes: Record<string, string>, variants: Variant[], reviews: Review[]}} Product */

const cards = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".card")]);
const filters = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".filter")]);
const more = /** @type {HTMLElement} */ (document.querySelector(".more"));
const sheet = /** @type {HTMLDialogElement} */ (document.querySelector(".sheet"));
let wanted = "";
let everything = false;

function show() {
  for (const card of cards) {
    const fits = !wanted || card.dataset.category === wanted;
    card.hidden = !fits || (!wanted && !everything && card.dataset.later !== undefined);
  }
  for (const filter of filters) filter.setAttribute("aria-pressed", String(filter.dataset.filter === wanted));
  more.hidden = Boolean(wanted) || everything;
}

for (const filter of filters) {
  filter.addEventListener("click", () => {
    wanted = filter.dataset.filter ?? "";
    show();
  });
}
for (const link of document.querySelectorAll("[data-go]")) {
  link.addEventListener("click", () => {
    wanted = link instanceof HTMLElement ? (link.dataset.go ?? "") : "";
    show();
  });
}
more.querySelector("button")?.addEventListener("click", () => {
  everything = true;
  show();
});

/**
 * @param {string} product
 * @param {string} color
 */
function art(product, color) {
  return `/demo/art/${encodeURIComponent(product)}.svg${color ? `?color=${encodeURIComponent(color)}` : ""}`;
}

for (const card of cards) {
  const picture = card.querySelector("img");
  const open = /** @type {HTMLElement|null} */ (card.querySelector(".open"));
  const id = open?.dataset.product ?? "";
  for (const swatch of card.querySelectorAll("[data-color]")) {
    swatch.addEventListener("click", () => {
      for (const other of card.querySelectorAll("[data-color]")) other.setAttribute("aria-pressed", String(other === swatch));
      if (picture && swatch instanceof HTMLElement) picture.src = art(id, swatch.dataset.color ?? "");
    });
  }
  open?.addEventListener("click", () => void openSheet(id));
}

/**
 * @param {string} name
 * @returns {HTMLElement}
 */
function part(name) {
  return /** @type {HTMLElement} */ (sheet.querySelector(`[data-part="${name}"]`));
}

/** @param {number} cents */
function money(cents) {
  return (cents / 100).toLocaleString("en", { style: "currency", currency: "USD", minimumFractionDigits: cents % 100 ? 2 : 0 });
}

/** @param {string} id */
async function openSheet(id) {
  const answer = await fetch(`/demo/products/${encodeURIComponent(id)}`);
  if (!answer.ok) return toast("This product cannot be shown right now.", true);
  /** @type {Product} */
  const product = (await answer.json()).product;
  fill(product);
  sheet.showModal();
  sheet.scrollTop = 0;
}

/** @param {Product} product */
function fill(product) {
  part("category").textContent = product.category;
  part("title").textContent = product.title;
  part("description").textContent = product.description;
  part("details").replaceChildren(...Object.entries(product.attributes).flatMap(([name, value]) => [element("dt", name.replaceAll("_", " ")), element("dd", value)]));
  part("reviews").replaceChildren(...product.reviews.map(review));
  part("asks").replaceChildren(...questions(product).map((question) => {
    const chip = element("button", question, "chip");
    chip.dataset.copy = question;
    return chip;
  }));
  choose(product, { ...(product.variants.find((variant) => variant.available) ?? product.variants[0]).options });
}

/** @param {Review} one */
function review(one) {
  const made = document.createElement("p");
  const stars = element("span", "★★★★★".slice(0, one.rating), "stars");
  stars.setAttribute("aria-label", `${one.rating} of 5`);
  stars.setAttribute("role", "img");
  made.append(stars, ` ${one.text} `, element("small", one.author));
  return made;
}

/** @param {Product} product */
function questions(product) {
  const asked = [`What is the ${product.title} made of?`];
  if (product.attributes.size_chart) asked.push(`Which size of the ${product.title} should I take?`);
  if (product.variants.some((variant) => !variant.available)) asked.push(`When is the ${product.title} back in stock?`);
  else asked.push(`Is the ${product.title} in stock?`);
  return asked;
}

/**
 * @param {Product} product
 * @param {Record<string, string>} picked
 */
function choose(product, picked) {
  const fits = (/** @type {Variant} */ variant) => Object.entries(picked).every(([name, value]) => variant.options[name] === value);
  const variant = product.variants.find(fits) ?? product.variants[0];
  /** @type {HTMLImageElement} */ (part("art")).src = art(product.id, picked.color ?? "");
  part("price").textContent = money(variant.price);
  part("stock").textContent = !variant.available ? "Out of stock" : variant.stock < 5 ? `Only ${variant.stock} left` : "In stock";
  part("stock").classList.toggle("none", !variant.available);
  const names = Object.keys(variant.options);
  part("choices").replaceChildren(...names.map((name) => choices(product, picked, name)));
}

/**
 * @param {Product} product
 * @param {Record<string, string>} picked
 * @param {string} name
 */
function choices(product, picked, name) {
  const group = document.createElement("fieldset");
  group.append(element("legend", name));
  for (const value of new Set(product.variants.map((variant) => variant.options[name]))) {
    const button = element("button", value, "choice");
    button.setAttribute("type", "button");
    button.setAttribute("aria-pressed", String(picked[name] === value));
    button.addEventListener("click", () => {
      choose(product, { ...picked, [name]: value });
      for (const again of sheet.querySelectorAll(".choice")) if (again instanceof HTMLElement && again.textContent === value) again.focus();
    });
    group.append(button);
  }
  return group;
}

sheet.addEventListener("click", (event) => {
  if (event.target === sheet) sheet.close();
});

copyOnPress((source, text) => {
  if (source.classList.contains("copy")) return toast(`Copied ${text}`);
  if (sheet.open) sheet.close();
  toast("Copied. Paste it into the chat.");
  const api = /** @type {{Onethread?: {q: unknown[][]}}} */ (/** @type {unknown} */ (window));
  (api.Onethread ??= { q: [] }).q.push(["open"]);
});

async function refresh() {
  /** @type {Awaited<ReturnType<typeof readOrders>>} */
  let orders;
  try {
    orders = await readOrders();
  } catch {
    return; // the next round tries again; what is shown stays, with its time
  }
  for (const order of orders) {
    const ticket = document.querySelector(`.ticket[data-order="${order.id}"]`);
    if (!ticket) continue;
    const state = ticket.querySelector('[data-part="state"]');
    if (state) Object.assign(state, { textContent: order.state, className: `pill ${order.tone}` });
    const last = ticket.querySelector('[data-part="last"]');
    if (last && order.last) {
      const when = document.createElement("small");
      when.append(timeOf(order.last));
      last.replaceChildren(`${order.last.text}, ${order.last.place}`, when);
    }
    const expected = ticket.querySelector('[data-part="expected"]');
    if (expected) expected.textContent = order.expected ? day(order.expected) : "–";
    ticket.querySelectorAll(".track li").forEach((step, index) => { step.className = order.stages[index]?.state ?? ""; });
  }
}

show();
void refresh();
whileVisible(refresh, 5_000);
