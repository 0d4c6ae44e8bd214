// @ts-check
/* Shared by both pages: a short message at the foot, copying what stands on a chip, times in words. */

/** @typedef {{at: string, text: string, place: string}} Last */
/** @typedef {{event: string, label: string, allowed: boolean}} Push */
/** @typedef {{label: string, state: string}} Stage */
/** @typedef {{id: string, number: string, person: string, state: string, tone: string, last: Last|null, expected: string, updated_at: string, pushes: Push[], stages: Stage[]}} Order */

/** @type {ReturnType<typeof setTimeout>|undefined} */
let fading;

/**
 * @param {string} text
 * @param {boolean} [bad]
 */
export function toast(text, bad = false) {
  const place = document.querySelector(".toast");
  if (!(place instanceof HTMLElement)) return;
  place.textContent = text;
  place.classList.toggle("bad", bad);
  place.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => { place.hidden = true; }, 3600);
}

/**
 * Every element with data-copy copies it when pressed; `then` runs after it worked.
 * @param {(source: HTMLElement, text: string) => void} then
 */
export function copyOnPress(then) {
  document.addEventListener("click", async (event) => {
    const source = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
    if (!(source instanceof HTMLElement)) return;
    const text = source.dataset.copy ?? "";
    try {
      await navigator.clipboard.writeText(text);
      then(source, text);
    } catch {
      toast(`Say: ${text}`);
    }
  });
}

const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/**
 * "3 hours ago"; the day for what is longer ago than a week.
 * @param {string} stamp
 */
export function since(stamp) {
  const at = new Date(stamp);
  const minutes = Math.round((at.getTime() - Date.now()) / 60_000);
  if (minutes > -1) return "just now";
  if (minutes > -60) return ago.format(minutes, "minute");
  if (minutes > -60 * 36) return ago.format(Math.round(minutes / 60), "hour");
  if (minutes > -60 * 24 * 7) return ago.format(Math.round(minutes / 1440), "day");
  return at.toLocaleDateString("en", { month: "short", day: "numeric" });
}

/** @param {string} iso a date without a time */
export function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  return new Date(year, month - 1, date).toLocaleDateString("en", { weekday: "short", month: "short", day: "numeric" });
}

/**
 * An element with text, and perhaps a class.
 * @param {string} tag
 * @param {string} text
 * @param {string} [className]
 */
export function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/**
 * @param {Last} last
 * @returns {HTMLElement} the time of a scan, in words that age
 */
export function timeOf(last) {
  const made = document.createElement("time");
  made.dateTime = last.at;
  made.textContent = since(last.at);
  return made;
}

/** @returns {Promise<Order[]>} */
export async function readOrders() {
  const answer = await fetch("/demo/orders", { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return (await answer.json()).orders;
}

/**
 * Runs `act` every few seconds while somebody looks at the page.
 * @param {() => Promise<void>} act
 * @param {number} everyMs
 */
export function whileVisible(act, everyMs) {
  setInterval(() => { if (!document.hidden) void act(); }, everyMs);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void act(); });
}
