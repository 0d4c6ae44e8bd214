import assert from "node:assert/strict";
import { test } from "node:test";
import { Words, isRightToLeft } from "../../widget/app/words.js";

const LANGUAGES = ["en", "es", "fr", "de", "pt"];
const dictionaries = Object.fromEntries(await Promise.all(LANGUAGES.map(async (one) => [one, (await import(`../../widget/app/languages/${one}.js`)).default])));
const holes = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

for (const language of LANGUAGES.slice(1)) {
  test(`${language} has every phrase, with the same values and plural forms`, () => {
    assert.deepEqual(Object.keys(dictionaries[language]), Object.keys(dictionaries.en));
    for (const [key, english] of Object.entries(dictionaries.en)) {
      const other = dictionaries[language][key];
      assert.deepEqual(holes(other), holes(english), key);
      assert.equal(other.split("|").length, english.split("|").length, key);
      assert.ok(other.trim(), key);
    }
  });
}

test("plural forms follow the language", async () => {
  const words = new Words();
  await words.load("en");
  assert.equal(words.say("newMessages", { count: 1 }), "1 new message");
  assert.equal(words.say("newMessages", { count: 3 }), "3 new messages");
  await words.load("fr");
  assert.equal(words.say("newMessages", { count: 0 }), "0 nouveau message");
});

test("days near today have their names", async () => {
  const words = new Words();
  const now = new Date(2026, 10, 20, 12);
  await words.load("es-MX");
  assert.equal(words.day(new Date(2026, 10, 20, 0, 1), now), "Hoy");
  assert.equal(words.day(new Date(2026, 10, 19, 23, 59), now), "Ayer");
  assert.equal(words.day(new Date(2026, 10, 16), now), "Lunes, 16 de noviembre");
});

test("a locale without words of its own keeps its direction", async () => {
  const words = new Words();
  await words.load("ar");
  assert.equal(words.say("send"), "Send");
  assert.ok(isRightToLeft(words.locale));
  assert.ok(!isRightToLeft("de"));
});

test("a malformed locale is English", async () => {
  const words = new Words();
  await words.load("../../x");
  assert.equal(words.locale, "en");
});
