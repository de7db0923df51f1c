/** A cine that plays: the phases of the position that is shown, until the reader takes it in hand. It never starts by itself. */

import { find } from "../common/dom.js";
import { counted, number } from "../common/format.js";
import { frameAt, framesPerSecond, loopOf } from "../image/cine.js";

export class Player {
  #isPlaying = false;
  /** When the first phase was, or would have been, shown. */
  #began = 0;
  #perSecond = 0;
  /** @type {number|null} the first image of the position whose images are all here */
  #loaded = null;
  /** Is an image on its way to the screen, or are those of a position on theirs? */
  #isWaiting = false;

  /** @param {HTMLElement} element @param {import("./other_image.js").OtherImage} image */
  constructor(element, image) {
    this.element = element;
    this.image = image;
    this.button = find("[data-player=toggle]", element, HTMLButtonElement);
    this.slider = find("[data-player=phase]", element, HTMLInputElement);
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => {
      const wanted = this.#loop[Number(this.slider.value) - 1];
      this.pause();
      void image.go(wanted);
    });
    image.addEventListener("open", () => this.#begin());
    image.addEventListener("view", () => this.#show());
    image.addEventListener("hand", () => this.pause());
    image.addEventListener("toggle", () => this.toggle());
    document.addEventListener("visibilitychange", () => document.hidden && this.pause());
  }

  toggle() {
    if (this.#isPlaying) this.pause();
    else this.#play();
  }

  pause() {
    this.#isPlaying = false;
    this.#show();
  }

  get #loop() {
    return loopOf(this.image.images, this.image.index);
  }

  #begin() {
    this.#loaded = null;
    this.pause();
    this.element.hidden = this.#loop.length < 2;
    this.#say("");
  }

  #play() {
    if (this.#isPlaying || this.#loop.length < 2) return;
    this.#isPlaying = true;
    this.#loaded = null;
    this.#show();
    requestAnimationFrame((now) => this.#next(now));
  }

  /** @param {number} now in ms */
  #next(now) {
    if (!this.#isPlaying) return;
    requestAnimationFrame((later) => this.#next(later));
    if (this.#isWaiting) return;
    const loop = this.#loop;
    if (this.#loaded !== loop[0]) void this.#load(loop);
    else {
      const at = loop[frameAt(now - this.#began, this.#perSecond, loop.length)];
      if (at !== this.image.index) void this.#wait(() => this.image.go(at));
    }
  }

  /** All images of a position, before they play. @param {number[]} loop */
  async #load(loop) {
    await this.#wait(async () => {
      const { images } = this.image;
      for (const [count, index] of loop.entries()) {
        if (!this.#isPlaying || this.image.images !== images) return;
        this.#say(`Loading ${count + 1} of ${counted(loop.length, "phase")}`);
        await this.image.load(index);
      }
      this.#perSecond = framesPerSecond(loop.map((index) => images[index]));
      this.#began = performance.now() - (1000 * (this.image.index - loop[0])) / this.#perSecond;
      this.#loaded = loop[0];
      this.#say(`${number(this.#perSecond)} per second`);
    });
  }

  /** @param {() => Promise<void>} act */
  async #wait(act) {
    this.#isWaiting = true;
    try {
      await act();
    } catch (error) {
      this.pause();
      this.#say(`It cannot be played: ${error.message}`);
    }
    this.#isWaiting = false;
  }

  /** @param {string} text */
  #say(text) {
    const said = find("[data-player=said]", this.element);
    if (said.textContent !== text) said.textContent = text;
  }

  #show() {
    const { button, slider } = this;
    const name = this.#isPlaying ? "Pause" : "Play";
    const label = find("span", button);
    if (label.textContent !== name) label.textContent = name;
    if (!this.image.images.length) return;
    const loop = this.#loop;
    slider.max = String(loop.length);
    slider.value = String(this.image.index - loop[0] + 1);
  }
}
