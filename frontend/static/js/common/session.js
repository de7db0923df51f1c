const unattended_after_ms = 120_000;

/**
 * The session of the person for whom the server made this page. Without a login there is nobody, and nothing ends.
 * Each page asks in the name of its person alone: whoever signs in beside it in another window asks for nothing here.
 *
 * Events of the window: "sessionend" (nobody is signed in by now, or somebody else), "sessionresume" (the same person is
 * again).
 */
class Session {
  isEnded = false;
  /** When somebody last did anything on this page, in milliseconds. */
  touchedAt = Date.now();

  /** Has nobody touched the page for a while? What it asks by itself would keep a session alive that nobody uses. */
  get isUnattended() {
    return this.personId !== "" && Date.now() - this.touchedAt > unattended_after_ms;
  }

  /** @returns {string} empty where nobody signed in */
  get personId() {
    return document.documentElement?.dataset.personId ?? "";
  }

  get personName() {
    return document.documentElement?.dataset.personName ?? "";
  }

  /** Do the roles of this person give it? Without a login everybody may do everything. @param {string} permission */
  may(permission) {
    return !this.personId || (document.documentElement.dataset.permissions ?? "").split(" ").includes(permission);
  }

  /** Who is signed in now, as the server says. @param {string} personId empty where nobody is */
  take(personId) {
    const isEnded = personId !== this.personId;
    if (!this.personId || isEnded === this.isEnded) return;
    this.isEnded = isEnded;
    window.dispatchEvent(new Event(isEnded ? "sessionend" : "sessionresume"));
  }

  /** Where to keep what is this person's own in the browser's storage. @param {string} key @returns {string} */
  keyOf(key) {
    return this.personId ? `${key}.${this.personId}` : key;
  }
}

export const session = new Session();

/** The way to the login and back to where the reader is. */
export const signInPath = () => {
  const next = location.pathname + location.search + location.hash;
  return `/login?next=${encodeURIComponent(next)}&ended=true`;
};
