import assert from "node:assert/strict";
import { test } from "node:test";
import { contrast, css, inkOn, parseColour, readableOn } from "../../widget/app/theme.js";

const GRID = [0, 51, 102, 153, 204, 255];
const COLOURS = GRID.flatMap((red) => GRID.flatMap((green) => GRID.map((blue) => [red, green, blue])));

test("only plain colours are accepted", () => {
  assert.deepEqual(parseColour("#1d5c4d"), [29, 92, 77]);
  assert.equal(css([29, 92, 77]), "#1d5c4d");
  for (const wrong of ["", "red", "#12", "url(x)", "#12345g"]) assert.equal(parseColour(wrong), null);
});

test("the extremes have the contrast of the standard", () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
});

test("every accent can be read on both backgrounds", () => {
  for (const colour of COLOURS) {
    for (const background of [[255, 255, 255], [33, 37, 45], [243, 244, 246]]) {
      assert.ok(contrast(readableOn(colour, background), background) >= 4.5, String(colour));
    }
  }
});

test("words on every accent can be read", () => {
  for (const colour of COLOURS) assert.ok(contrast(inkOn(colour), colour) >= 4.5, String(colour));
});
