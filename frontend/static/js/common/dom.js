/** Elements of the page: found, and made. */

/**
 * The first element of a selector, which the page's template holds.
 * @template {HTMLElement} E
 * @param {string} selector @param {ParentNode} [within] @param {new () => E} [kind] @returns {E}
 * @throws {Error} where there is none of that kind
 */
export function find(selector, within = document, kind = /** @type {any} */ (HTMLElement)) {
  const found = within.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${selector}.`);
  return found;
}

/** @template {HTMLElement} E @param {string} id @param {new () => E} [kind] @returns {E} */
export const byId = (id, kind) => find(`#${id}`, document, kind);

/** @param {string} id @returns {NodeListOf<HTMLButtonElement>} the buttons of a command */
export const buttonsOf = (id) => document.querySelectorAll(`button[data-command="${id}"]`);

/** @param {EventTarget|null} target @param {string} selector is the target, or what it lies in, one of these? */
export const isWithin = (target, selector) => target instanceof Element && target.closest(selector) !== null;

/**
 * Is a key meant for one of these? For none that is out of sight: a field of a dialog that was closed is sent keys until
 * the browser has drawn once more, and they are meant for the page.
 * @param {KeyboardEvent} event @param {string} selector
 */
export const isKeyFor = ({ target }, selector) =>
  isWithin(target, selector) && /** @type {Element} */ (target).checkVisibility({ visibilityProperty: true });

/**
 * An element with text and attributes; data reach the page through textContent only.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, string|number|boolean|null|undefined>} [attributes]
 * @param {...(string|Node)} children @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}
