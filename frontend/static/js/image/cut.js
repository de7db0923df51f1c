/** Where the plane of one image cuts another image of the patient. */

/** @typedef {import("../common/types.js").Slice} Slice @typedef {import("../common/types.js").Place} Place */
/** @typedef {{from: Place, to: Place}} Cut a line in corner-based image pixels */

/** Planes that differ by less than about 20 degrees lie along each other: where they cross means nothing. */
const parallel_cosine = 0.94;

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** The directions of an image in the patient, in mm. @param {Slice} slice */
function axesOf({ orientation, position_mm, pixel_spacing_mm: [row_mm, column_mm] }) {
  const [right, down] = [orientation.slice(0, 3), orientation.slice(3)];
  return { right, down, normal: cross(right, down), first: position_mm, row_mm, column_mm };
}

/**
 * Where a plane cuts an image, as far as both reach.
 * @param {Slice} image @param {Slice} plane in the same frame of reference
 * @returns {Cut|null} null where they lie along each other, or apart
 */
export function cutOf(image, plane) {
  const [on, by] = [axesOf(image), axesOf(plane)];
  if (Math.abs(dot(on.normal, by.normal)) > parallel_cosine) return null;
  // On the line, across * x + along * y + height = 0, with x and y from the image's upper left corner.
  const across = on.column_mm * dot(by.normal, on.right);
  const along = on.row_mm * dot(by.normal, on.down);
  const height = dot(by.normal, minus(on.first, by.first)) - (across + along) / 2;
  const far = -height / (across ** 2 + along ** 2);
  const placed = (way) => ({ x: across * far - along * way, y: along * far + across * way });
  const [at, next] = [placed(0), placed(1)];
  const [atInPlane, nextInPlane] = [at, next].map((place) => pixelOf(by, patient_mm(on, place)));
  const reach = withinAll([
    [at.x, next.x, image.columns],
    [at.y, next.y, image.rows],
    [atInPlane.x, nextInPlane.x, plane.columns],
    [atInPlane.y, nextInPlane.y, plane.rows],
  ]);
  return reach && { from: placed(reach[0]), to: placed(reach[1]) };
}

/** Where a place of an image lies in the patient. */
function patient_mm({ first, right, down, row_mm, column_mm }, { x, y }) {
  const [right_mm, down_mm] = [(x - 0.5) * column_mm, (y - 0.5) * row_mm];
  return first.map((at, axis) => at + right_mm * right[axis] + down_mm * down[axis]);
}

/** The place of an image that is nearest to a point of the patient. */
function pixelOf({ first, right, down, row_mm, column_mm }, point_mm) {
  const from = minus(point_mm, first);
  return { x: dot(from, right) / column_mm + 0.5, y: dot(from, down) / row_mm + 0.5 };
}

/**
 * For how far along a line all of these lie between 0 and their limit.
 * @param {[number, number, number][]} lines where each is at 0 and at 1, and its limit
 * @returns {[number, number]|null}
 */
function withinAll(lines) {
  let [low, high] = [-Infinity, Infinity];
  for (const [at, next, limit] of lines) {
    const step = next - at;
    if (Math.abs(step) < 1e-9) {
      if (at < 0 || at > limit) return null;
      continue;
    }
    const [one, other] = [-at / step, (limit - at) / step];
    low = Math.max(low, Math.min(one, other));
    high = Math.min(high, Math.max(one, other));
  }
  return high > low ? [low, high] : null;
}

/** A place of one image where another one, along it, shows the same of the patient. @param {Place} at @param {Slice} from @param {Slice} to */
export const carried = (at, from, to) => pixelOf(axesOf(to), patient_mm(axesOf(from), at));

/** Do two images lie along each other? @param {Slice} one @param {Slice} other */
export const areParallel = (one, other) => Math.abs(dot(axesOf(one).normal, axesOf(other).normal)) > parallel_cosine;

/** How far an image lies from the plane of another, in mm. @param {Slice} slice @param {Slice} plane */
export const distance_mm = (slice, plane) => Math.abs(height_mm(slice, plane));

/** The same with its side: positive along the plane's normal. @param {Slice} slice @param {Slice} plane */
export function height_mm(slice, plane) {
  const { normal, first } = axesOf(plane);
  const middle = patient_mm(axesOf(slice), { x: slice.columns / 2, y: slice.rows / 2 });
  return dot(normal, minus(middle, first));
}

/** Do two stacks run the same way through the patient, from their first image to their last? @param {Slice[]} one @param {Slice[]} other */
export function runAlike(one, other) {
  const [way, otherWay] = [one, other].map((images) => {
    const height = height_mm(images[images.length - 1], images[0]);
    return axesOf(images[0]).normal.map((axis) => axis * height);
  });
  return dot(way, otherWay) >= 0;
}
