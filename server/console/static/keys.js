// @ts-check
/** Keys for people who work without a mouse. They rest while somebody writes, and while an input method composes. */
import { el } from "./dom.js";

/** @typedef {{key: string, shown: string, does: string, act: () => void}} Key */

/** @param {EventTarget|null} target */
const isWriting = (target) => target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/**
 * Listens for keys. Esc leaves a field first, and does its own work after that.
 * @param {Key[]} keys
 * @param {HTMLDialogElement} help
 */
export function listen(keys, help) {
  drawHelp(keys, help);
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (isWriting(event.target)) {
      if (event.key === "Escape") /** @type {HTMLElement} */ (event.target).blur();
      return;
    }
    const found = keys.find(({ key }) => key === (event.key.length === 1 ? event.key.toLowerCase() : event.key));
    if (!found || (found.key === "Enter" && document.activeElement !== document.body)) return;
    event.preventDefault();
    found.act();
  });
}

/** @param {Key[]} keys @param {HTMLDialogElement} help */
function drawHelp(keys, help) {
  const rows = [...keys.map(({ shown, does }) => [shown, does]), ["Ctrl or ⌘ + Enter", "Send what is written"]];
  const close = el("button", { type: "button", className: "button", onclick: () => help.close() }, "Close");
  help.append(el("h2", { id: "help-title" }, "Keys"), el("dl", { className: "keys" }, ...rows.map(([shown, does]) => el("div", null, el("dt", null, el("kbd", null, shown)), el("dd", null, does)))), close);
  help.onclick = (event) => event.target === help && help.close();
}
