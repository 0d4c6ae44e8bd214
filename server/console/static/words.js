// @ts-check
/** Words for what the desk shows: times, waiting, labels. Pure. */

const LOCALE = globalThis.navigator?.language?.startsWith("en") ? navigator.language : "en-GB";
const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
const SHORT_DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const DATE = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const FULL = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });

/** "14:05" @param {string} at */
export const clock = (at) => CLOCK.format(new Date(at));

/** Day, month, year and time. @param {string} at */
export const full = (at) => FULL.format(new Date(at));

/** Day, month and year of a calendar day. @param {string} day */
export const date = (day) => DATE.format(new Date(`${day}T12:00:00`));

/** @param {Date} one @param {Date} other */
const isSameDay = (one, other) => one.toDateString() === other.toDateString();

/** "Today", "Yesterday" or the day. @param {string} at @param {Date} now */
export function day(at, now) {
  const date = new Date(at);
  if (isSameDay(date, now)) return "Today";
  if (isSameDay(date, new Date(now.getTime() - 86_400_000))) return "Yesterday";
  return DAY.format(date);
}

/** The time of today, else the day. @param {string} at @param {Date} now */
export function moment(at, now) {
  const date = new Date(at);
  return isSameDay(date, now) ? CLOCK.format(date) : SHORT_DAY.format(date);
}

/** How long ago, in the largest unit: "now", "4 min", "3 h", "2 d". @param {string} at @param {Date} now */
export function since(at, now) {
  const minutes = Math.max(0, Math.floor((now.getTime() - new Date(at).getTime()) / 60_000));
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} d`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** "delivery_problem" as words. @param {string} key */
export const plain = (key) => key.replaceAll("_", " ");

/** @param {string} text */
export const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** @type {Record<string, {name: string, icon: import("./dom.js").IconName}>} */
const CHANNELS = {
  widget: { name: "Web chat", icon: "chat" },
  email: { name: "E-mail", icon: "email" },
  whatsapp: { name: "WhatsApp", icon: "phone" },
  sms: { name: "SMS", icon: "phone" },
  voice: { name: "Voice", icon: "phone" },
  instagram: { name: "Instagram", icon: "chat" },
  messenger: { name: "Messenger", icon: "chat" },
  form: { name: "Support form", icon: "email" },
  slack: { name: "Slack", icon: "chat" },
};

/** @param {string} name */
export const channel = (name) => CHANNELS[name] ?? { name: name ? capital(plain(name)) : "No channel yet", icon: /** @type {const} */ ("chat") };

export const MOODS = ["Calm", "A little annoyed", "Upset", "Very upset"];

/** @type {Record<string, string>} */
const REASONS = {
  requested: "The customer asked for a person",
  distress: "The customer is very upset",
  legal: "Legal steps were mentioned",
  safety: "Somebody may be in danger",
  reputation: "The customer threatens to go public",
  chargeback: "A chargeback is open or threatened",
  vulnerable: "The customer may be vulnerable",
  vip: "VIP customer",
  repeat_complaint: "A second complaint in a short time",
  over_limit: "The amount is above the assistant's limit",
  policy_exception: "Policy wants a person to decide",
  low_confidence: "The assistant was not sure what is wanted",
  unreadable: "The order system could not be read",
  identity: "The customer could not be identified well enough",
  out_of_scope: "The assistant cannot do this yet",
  failed: "Something did not work",
};

/** Why a person is needed. @param {string} key */
export const reason = (key) => REASONS[key] ?? capital(plain(key));

/** @type {Record<string, string>} */
const LANGUAGES = { en: "English", es: "Spanish", fr: "French", de: "German", pt: "Portuguese", "hi-en": "Hinglish" };

/** @param {string} code */
export const language = (code) => LANGUAGES[code] ?? code.toUpperCase();

/** @type {Record<string, {short: string, long: string, tone: string}>} */
const PROOFS = {
  claimed: { short: "Not proven", long: "The customer typed this. It proves nothing.", tone: "warn" },
  channel: { short: "Proven", long: "Messages came from this address, as its provider attests.", tone: "good" },
  verified: { short: "Verified", long: "Proven by a code, a sign-in or authenticated mail.", tone: "good" },
};

/** @param {string} proof */
export const proof = (proof) => PROOFS[proof] ?? { short: "Unknown", long: "", tone: "quiet" };

/** @type {Record<string, string>} */
const KINDS = { email: "E-mail", phone: "Phone", whatsapp: "WhatsApp", sms: "SMS", instagram: "Instagram", messenger: "Messenger", caller: "Caller", from: "E-mail, not proven", guest: "Guest", visitor: "This browser", store: "Shop account", slack: "Slack" };

/** @param {string} kind */
export const contactKind = (kind) => KINDS[kind] ?? capital(plain(kind));

/** @param {number} bytes */
export const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1_048_576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`);

/** @type {Record<string, string>} */
const STATUSES = { new: "New", open: "Open", pending: "Waiting for the customer", resolved: "Resolved", closed: "Closed" };

/** @param {string} status */
export const status = (status) => STATUSES[status] ?? status;

/** What to call a customer. @param {{number: number, customer: {name: string}}} row */
export const called = (row) => row.customer.name || (row.number ? `Visitor ${row.number}` : "Visitor");
