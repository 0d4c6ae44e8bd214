// @ts-check
/**
 * The interface in the customer's language: words, plurals, days and times in their own zone. A language is one module,
 * loaded when it is needed; a locale without one gets English words with its own dates and direction.
 */
const LANGUAGES = ["en", "es", "fr", "de", "pt"];
const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ku|ps|sd|ug|ur|yi)\b/i;

/** @typedef {typeof import("./languages/en.js").default} Dictionary */
/** @typedef {keyof Dictionary} Key */

/** @param {string} locale */
export function isRightToLeft(locale) {
  return RIGHT_TO_LEFT.test(locale);
}

export class Words {
  /** @type {Partial<Dictionary>} */
  #words = {};
  locale = "en";

  /** @param {string} locale */
  async load(locale) {
    this.locale = /^[a-z]{2,3}(-[a-z\d]{2,8})*$/i.test(locale) ? locale : "en";
    const language = this.locale.slice(0, 2).toLowerCase();
    this.#words = (await import(`./languages/${LANGUAGES.includes(language) ? language : "en"}.js`)).default;
  }

  /**
   * The words for a key, with `{names}` filled in; `count` chooses between `one|other`. Nothing for an unknown key.
   * @param {Key} key
   * @param {Record<string, string|number>} [values]
   */
  say(key, values = {}) {
    const [one, other] = (this.#words[key] ?? "").split("|");
    const plural = other !== undefined && new Intl.PluralRules(this.locale).select(Number(values.count)) !== "one";
    return (plural ? other : one).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  }

  /** @param {Date} at */
  time(at) {
    return new Intl.DateTimeFormat(this.locale, { timeStyle: "short" }).format(at);
  }

  /** @param {Date} at */
  full(at) {
    return new Intl.DateTimeFormat(this.locale, { dateStyle: "full", timeStyle: "long" }).format(at);
  }

  /**
   * Today, yesterday, or the date.
   * @param {Date} at
   * @param {Date} [now]
   */
  day(at, now = new Date()) {
    const days = Math.round((midnight(at) - midnight(now)) / 86_400_000);
    const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
    const text =
      Math.abs(days) <= 1
        ? new Intl.RelativeTimeFormat(this.locale, { numeric: "auto" }).format(days, "day")
        : new Intl.DateTimeFormat(this.locale, { weekday: "long", day: "numeric", month: "long", year }).format(at);
    return text.charAt(0).toUpperCase() + text.slice(1);
  }

  /** Time alone if it is today, day and time otherwise. @param {Date} at */
  moment(at) {
    if (midnight(at) === midnight(new Date())) return this.time(at);
    const far = Math.abs(at.getTime() - Date.now()) > 6 * 86_400_000;
    const day = far ? { day: "numeric", month: "short" } : { weekday: "long" };
    return new Intl.DateTimeFormat(this.locale, /** @type {any} */ ({ ...day, hour: "numeric", minute: "2-digit" })).format(at);
  }

  /** Megabytes. @param {number} bytes */
  size(bytes) {
    return new Intl.NumberFormat(this.locale, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(Math.max(0.1, bytes / 1e6));
  }
}

/** @param {Date} at */
function midnight(at) {
  return Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
}
