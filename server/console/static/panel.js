// @ts-check
/** Draws what stands beside a conversation: the brief, the customer, live orders, what policy says, earlier conversations. */
import { drawCard } from "./cards.js";
import { approvals } from "./decisions.js";
import { el, icon, iconButton } from "./dom.js";
import { attachments, receiptList } from "./events.js";
import * as words from "./words.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Brief} Brief */

/** @type {Record<string, {label: string, tone: string}>} */
const VERDICTS = {
  allow: { label: "Allowed", tone: "good" },
  allowed: { label: "Allowed", tone: "good" },
  approve: { label: "Allowed", tone: "good" },
  deny: { label: "Not allowed", tone: "bad" },
  denied: { label: "Not allowed", tone: "bad" },
  refuse: { label: "Not allowed", tone: "bad" },
  escalate: { label: "A person decides", tone: "warn" },
  needs_human: { label: "A person decides", tone: "warn" },
  ask: { label: "More is needed", tone: "warn" },
  partial: { label: "In part", tone: "warn" },
  unknown: { label: "Not known", tone: "quiet" },
};

export class PanelPane {
  #wiring;

  /** @param {HTMLElement} place @param {{open: (conv: string) => void, close: () => void, mayAct: boolean, decide: import("./decisions.js").Deciding["decide"], promise: (order: string) => void}} wiring */
  constructor(place, wiring) {
    this.#wiring = wiring;
    this.body = el("div", { className: "panel-body", tabIndex: 0, role: "region", "aria-label": "Customer and order" });
    const head = el("header", { className: "panel-head" }, iconButton("back", "Back to the conversation", wiring.close), el("h2", null, "Customer and order"), iconButton("close", "Close", wiring.close));
    place.append(head, this.body);
    this.clear();
  }

  /** Nothing to show yet. */
  clear() {
    this.body.replaceChildren();
  }

  /** @param {Panel} panel */
  draw(panel) {
    const open = new Set([...this.body.querySelectorAll("details[open]")].map((each) => each.getAttribute("data-part")));
    const from = this.body.scrollTop;
    this.body.replaceChildren(...[approvals(panel.approvals ?? [], this.#wiring), brief(panel), customer(panel), this.#orders(panel), policy(panel.brief), tried(panel.brief), this.#earlier(panel)].filter((part) => part !== null));
    for (const each of this.body.querySelectorAll("details[data-part]")) if (open.has(each.getAttribute("data-part"))) each.setAttribute("open", "");
    this.body.scrollTop = from;
  }

  /** @param {Panel} panel */
  #orders({ orders, orders_error: error }) {
    if (error) return section("Orders", el("p", { className: "bad-words" }, icon("warn"), error));
    if (!orders.length) return section("Orders", el("p", { className: "quiet" }, "No order is linked to this conversation yet."));
    const cards = orders.map((card, at) => el("div", { className: "order" }, drawCard(card, { isOpen: at === 0 }), this.#wiring.mayAct && card.kind === "order" && this.#promise(card.order)));
    return section(orders.length > 1 ? "Orders" : "Order", ...cards);
  }

  /** @param {string} order */
  #promise(order) {
    const label = `Promise time to send back ${order}`;
    return el("button", { type: "button", className: "inline promise", "data-promise": order, "aria-label": label, onclick: () => this.#wiring.promise(order) }, icon("clock"), "Promise time to send back");
  }

  /** @param {Panel} panel */
  #earlier(panel) {
    if (!panel.earlier.length) return null;
    const items = panel.earlier.map((one) => {
      const anchor = el("a", { href: `/console/t/${one.conv}` }, el("span", { className: "earlier-title", dir: "auto" }, one.title || `Conversation ${one.number}`), el("span", { className: "quiet" }, [words.status(one.status), words.channel(one.channel).name, one.last_at && words.moment(one.last_at, new Date())].filter(Boolean).join(" · ")));
      anchor.onclick = (event) => {
        if (event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        this.#wiring.open(one.conv);
      };
      return el("li", null, anchor);
    });
    return section("Earlier conversations", el("ul", { className: "earlier" }, ...items));
  }
}

/** @param {string} title @param {...(Node|string|null|false)} parts */
function section(title, ...parts) {
  return el("section", { className: "part" }, el("h3", null, title), ...parts);
}

/** @param {Panel} panel */
function brief({ brief }) {
  if (!brief) return section("Brief", el("p", { className: "quiet" }, "The assistant writes a brief when a person is needed."));
  const mood = brief.mood && brief.mood.frustration > 0 ? el("span", { className: `chip ${brief.mood.frustration > 1 ? "high" : ""}` }, words.MOODS[Math.min(3, brief.mood.frustration)]) : null;
  return section(
    "Brief",
    el("p", { className: "wants", dir: "auto" }, brief.wants),
    el("p", { className: "why" }, icon("hand"), el("span", null, brief.why.text), mood),
    brief.quote && el("blockquote", { dir: "auto" }, brief.quote),
    el("p", { className: "quiet" }, brief.history),
    brief.contact && el("p", { className: "quiet" }, `Wants to be reached at ${brief.contact}.`),
    attachments(brief.files ?? []),
    known(brief),
  );
}

/** @param {Brief} brief */
function known(brief) {
  if (!brief.known?.length) return null;
  return el("details", { className: "receipts", "data-part": "known", open: true }, el("summary", null, icon("check"), `${words.counted(brief.known.length, "known fact")}, with source`), receiptList(brief.known));
}

/** @param {Panel} panel */
function customer({ customer, recipient, brief }) {
  const proofWords = brief?.proof?.words?.length ? `${words.capital(words.plain(brief.proof.words.join(", ")))} (level ${brief.proof.level})` : "Nothing proven for the order yet";
  return section(
    "Customer",
    el("p", { className: "customer-name" }, el("strong", { dir: "auto" }, customer.name || "Visitor"), customer.vip && el("span", { className: "vip" }, "VIP")),
    el(
      "dl",
      { className: "facts" },
      ...customer.contacts.map((contact) => el("div", null, el("dt", null, words.contactKind(contact.kind)), el("dd", { dir: "auto" }, contact.label, " ", proofChip(contact.proof), contact.blocked && el("span", { className: "chip urgent" }, "Blocked")))),
      el("div", null, el("dt", null, "Writes"), el("dd", null, `${words.language(customer.language)}, by ${words.channel(recipient.channel).name}`)),
      customer.since && el("div", null, el("dt", null, "Known since"), el("dd", null, words.full(customer.since))),
      el("div", null, el("dt", null, "Proof for the order"), el("dd", null, proofWords)),
    ),
  );
}

/** @param {string} proof */
function proofChip(proof) {
  const said = words.proof(proof);
  return el("span", { className: `chip ${said.tone}`, title: said.long }, said.short);
}

/** @param {Brief|null} brief */
function policy(brief) {
  if (!brief?.policy) return null;
  const { lines, version, text, approval } = brief.policy;
  if (!lines?.length) return text ? section("What policy says", el("p", { className: "quiet" }, text)) : null;
  const items = lines.map((one) => {
    const verdict = VERDICTS[one.verdict] ?? { label: words.capital(words.plain(one.verdict)), tone: "quiet" };
    return el("li", null, el("p", { className: "policy-item" }, el("span", { dir: "auto" }, one.item), el("span", { className: `chip ${verdict.tone}` }, verdict.label)), el("p", { className: "quiet", dir: "auto" }, one.text, one.rule && el("span", { className: "rule" }, ` (${one.rule})`)));
  });
  return section("What policy says about returns", el("ul", { className: "policy" }, ...items), el("p", { className: "quiet small" }, [approval && `Needs: ${words.plain(String(approval))}`, `Policy version ${version}`].filter(Boolean).join(" · ")));
}

/** @param {Brief|null} brief */
function tried(brief) {
  if (!brief?.tried?.length) return null;
  return section("What was tried", el("ol", { className: "tried" }, ...brief.tried.map((text) => el("li", { dir: "auto" }, text))));
}
