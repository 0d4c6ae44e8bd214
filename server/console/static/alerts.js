// @ts-check
/** Calls a person who looks elsewhere: a soft tone, a system notification, a number in the title. All of it is asked for first. */

const SOUND = "onethread.sound";

/** @param {string} key */
function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the choice lasts for this page.
  }
}

export class Alerts {
  isLoud = kept(SOUND) === "on";
  #title = document.title;
  /** @type {AudioContext|null} */
  #audio = null;
  /** @type {(conv: string) => void} */
  #show;

  /** @param {(conv: string) => void} show opens a conversation from a notification */
  constructor(show) {
    this.#show = show;
  }

  get canNotify() {
    return "Notification" in globalThis;
  }

  get notifies() {
    return this.canNotify && Notification.permission === "granted";
  }

  /** @param {boolean} on */
  setSound(on) {
    this.isLoud = on;
    keep(SOUND, on ? "on" : "off");
    if (on) this.#tone();
  }

  /** Asks the browser whether notifications may be shown. */
  async askToNotify() {
    if (this.canNotify) await Notification.requestPermission();
    return this.notifies;
  }

  /** How many need a person, in front of the title. @param {number} count @param {string} title */
  badge(count, title = this.#title) {
    this.#title = title;
    document.title = count ? `(${count}) ${title}` : title;
  }

  /** Somebody needs a person. @param {import("./types.js").Row} row @param {string} text */
  call(row, text) {
    if (this.isLoud) this.#tone();
    if (!this.notifies || document.hasFocus()) return;
    const shown = new Notification(text, { body: `${row.customer.name || "A visitor"}: ${row.preview}`, tag: row.conv });
    shown.onclick = () => {
      focus();
      this.#show(row.conv);
      shown.close();
    };
  }

  /** Two soft tones, a fifth apart. */
  #tone() {
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    for (const [index, pitch] of [523.25, 783.99].entries()) {
      const at = audio.currentTime + index * 0.14;
      const [voice, volume] = [audio.createOscillator(), audio.createGain()];
      voice.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.09, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.32);
      voice.connect(volume).connect(audio.destination);
      voice.start(at);
      voice.stop(at + 0.34);
    }
  }
}
