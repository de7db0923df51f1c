import assert from "node:assert/strict";
import { test } from "node:test";
import { loopsOf, smooth } from "../../frontend/static/js/image/outline.js";
import { rleOf } from "../../frontend/static/js/reading/mask.js";

/** A disc on an image of 40 x 40 pixels. */
function disc(radius) {
  const pixels = Uint8Array.from({ length: 1600 }, (_, at) =>
    Number(Math.hypot(Math.floor(at / 40) - 19.5, (at % 40) - 19.5) <= radius),
  );
  return rleOf(pixels, [40, 40]);
}

const areaOf = (loop) =>
  Math.abs(
    loop.reduce((sum, [x, y], at) => {
      const [nextX, nextY] = loop[(at + 1) % loop.length];
      return sum + x * nextY - y * nextX;
    }, 0),
  ) / 2;
const turn = ([ax, ay], [bx, by], [cx, cy]) =>
  Math.abs(((Math.atan2(cy - by, cx - bx) - Math.atan2(by - ay, bx - ax) + 3 * Math.PI) % (2 * Math.PI)) - Math.PI);

test("a smooth outline has no corner, stays within a pixel of the mask's edge and keeps its area", () => {
  for (const radius of [5, 9, 15]) {
    const mask = disc(radius);
    const [loop] = loopsOf(mask);
    const curve = smooth(loop);
    for (const [x, y] of curve) assert.ok(Math.abs(Math.hypot(x - 20, y - 20) - radius) < 1, `${x}, ${y} of ${radius}`);
    const sharpest = Math.max(...curve.map((at, i) => turn(curve.at(i - 1), at, curve[(i + 1) % curve.length])));
    assert.ok(sharpest < Math.PI / 3, `turns by ${sharpest}`);
    assert.ok(Math.abs(areaOf(curve) / areaOf(loop) - 1) < 0.03);
  }
});

test("a single pixel is still outlined", () => {
  const [loop] = loopsOf(rleOf(Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0]), [3, 3]));
  const curve = smooth(loop);
  assert.ok(areaOf(curve) > 0.05);
  for (const [x, y] of curve) assert.ok(x > 1 && x < 2 && y > 1 && y < 2);
});
