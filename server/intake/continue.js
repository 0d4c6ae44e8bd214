// @ts-check
/* Shows the link of this page to the server when the button is pressed, and opens the chat: opening the page does nothing. */
(() => {
  const site = /** @type {HTMLScriptElement} */ (document.currentScript).dataset.site ?? "";
  const key = `onethread:${site}:visitor`;
  const button = /** @type {HTMLButtonElement} */ (document.getElementById("open"));
  const refused = /** @type {HTMLElement} */ (document.getElementById("refused"));
  const page = /** @type {Window & {Onethread?: {q: {push(command: unknown[]): unknown}}}} */ (window);

  function remembered() {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  async function show() {
    const link = location.pathname.split("/").pop();
    const body = { site, link, ...(remembered() ? { visitor: remembered() } : {}) };
    const answer = await fetch("/widget/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(String(answer.status));
    localStorage.setItem(key, (await answer.json()).visitor);
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await show();
    } catch {
      refused.hidden = false;
    }
    open();
  });

  function open() {
    (page.Onethread ??= { q: [] }).q.push(["open"]);
  }
})();
