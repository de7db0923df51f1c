/** What cannot be taken back is done when it is asked for twice, where the question stays to be read. */

const forgotten_after_ms = 20_000;

export class SecondWord {
  #asked = "";
  #at = 0;

  /** Was this asked for just before? If not, it is from now on. @param {string} what @returns {boolean} */
  isGiven(what) {
    const isGiven = this.#asked === what && Date.now() - this.#at < forgotten_after_ms;
    [this.#asked, this.#at] = [isGiven ? "" : what, Date.now()];
    return isGiven;
  }
}
