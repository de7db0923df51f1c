/** The strip's pictures in the window, and turned as, the large image is. */

/** @typedef {import("../common/types.js").Slice} Slice @typedef {{canvas: HTMLCanvasElement, slice: Slice}} Picture */
/** @typedef {{low: number, high: number}} Greys */

export class StripImages {
  #drawn = "";
  #turned = "";
  #isAwaited = false;
  #round = 0;

  /**
   * @param {import("../image/viewport.js").Viewport} view @param {() => Picture[]} pictures in the order of the slices
   * @param {() => void} onTurn
   */
  constructor(view, pictures, onTurn) {
    this.view = view;
    this.pictures = pictures;
    this.onTurn = onTurn;
    view.addEventListener("view", () => this.#follow());
  }

  /** The pictures are other ones now. */
  renew() {
    this.#drawn = "";
    this.#follow();
  }

  #follow() {
    const { view } = this;
    const turned = JSON.stringify(view.turn);
    if (turned !== this.#turned) {
      this.#turned = turned;
      this.onTurn();
    }
    if (view.shown < 0 || this.#isAwaited || this.#key === this.#drawn) return;
    this.#isAwaited = true;
    requestAnimationFrame(() => {
      this.#isAwaited = false;
      this.#drawn = this.#key;
      void this.#draw();
    });
  }

  get #key() {
    return JSON.stringify([this.view.window, this.view.inverted]);
  }

  /** From the slice on the screen outwards; another window begins anew. */
  async #draw() {
    const round = ++this.#round;
    const from = this.view.shown;
    const pictures = this.pictures().map((picture, index) => ({ ...picture, index }));
    pictures.sort((a, b) => Math.abs(a.index - from) - Math.abs(b.index - from));
    for (const { canvas, slice, index } of pictures) {
      const values = await this.view.valuesOf(index).catch(() => null);
      const greys = this.view.greysOf(slice);
      if (round !== this.#round) return;
      if (values && greys) drawGreys(canvas, values, slice, greys);
    }
  }
}

/** @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values @param {Slice} slice @param {Greys} greys */
function drawGreys(canvas, values, { rows, columns }, { low, high }) {
  if (values.length !== rows * columns) return;
  Object.assign(canvas, { width: columns, height: rows });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const scale = 255 / (high - low);
  for (let at = 0; at < pixels.length; at++) {
    const grey = Math.max(0, Math.min(255, Math.round((values[at] - low) * scale)));
    pixels[at] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
  context.putImageData(image, 0, 0);
}
