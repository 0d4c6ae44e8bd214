// @ts-check
/** What a person does with a thread, by the same API that programs use. */

const TOKEN = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
const ANSWER_WITHIN_MS = 15_000;

/** What the server answered; `status` 0 = it did not. @typedef {{status: number, body: any}} Answer */

/**
 * Does something with a thread. Never throws: an answer that did not come has status 0 and may be repeated with the same key.
 * @param {string} conv
 * @param {"claim"|"reply"|"note"|"resolve"|"hand_back"|"correct"|"promise"} name
 * @param {object} [body]
 * @returns {Promise<Answer>}
 */
export const act = (conv, name, body = {}) => post(`threads/${encodeURIComponent(conv)}/${name}`, body);

/**
 * Agrees to an action that waits, or refuses it.
 * @param {import("./types.js").Approval} approval
 * @param {boolean} isYes
 * @param {string} reason
 */
export const decide = ({ key, amount_minor, currency }, isYes, reason) =>
  post(`approvals/${key.split("/").map(encodeURIComponent).join("/")}/${isYes ? "approve" : "refuse"}`, isYes ? { amount_minor, currency, screen: location.pathname } : { reason });

/** @param {string} path @param {object} body @returns {Promise<Answer>} */
async function post(path, body) {
  try {
    const response = await fetch(`/api/v1/${path}`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": TOKEN },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: 0, body: { error: { message: "The server did not answer." } } };
  }
}

/** The words of a refusal. @param {Answer} answer */
export function words(answer) {
  const said = answer.body?.error?.message;
  return answer.status === 401 ? "You are signed out. Sign in again to go on." : said ? said.slice(0, 1).toUpperCase() + said.slice(1) : "That did not work.";
}

/** A key that makes a message one message, however often it is sent. */
export const newKey = () => crypto.randomUUID?.() ?? `k-${Date.now()}-${Math.random().toString(36).slice(2)}`;
