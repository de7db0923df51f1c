/** The keyboard and the buttons of a page: one list of commands behind both, and the help sheet made from it. */

import { element, isKeyFor } from "./dom.js";

/**
 * @typedef {object} Command
 * @property {string} id matches data-command of its buttons
 * @property {string} text
 * @property {string} group heading on the help sheet
 * @property {string[]} keys such as "r", "shift+r", "mod+z" (Ctrl or Cmd), "?"
 * @property {(isHeld: boolean) => void} run
 * @property {boolean} [repeats] runs again while the key is held
 */

const named = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "Enter",
  Escape: "Esc",
  Delete: "Del",
  Backspace: "Backspace",
  shift: "Shift",
  mod: "Ctrl",
  Home: "Home",
  End: "End",
};

/** @param {KeyboardEvent} event @returns {string} the key with its modifiers, as commands name it */
function keyOf(event) {
  const isLetter = /^\p{L}$/u.test(event.key);
  const parts = [];
  if ((event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph")) parts.push("mod");
  if (event.shiftKey && (isLetter || event.key.length > 1)) parts.push("shift");
  parts.push(isLetter ? event.key.toLowerCase() : event.key);
  return parts.join("+");
}

const written = (key) =>
  key === "+"
    ? "+"
    : key
        .split("+")
        .map((part) => named[part] ?? (part.length === 1 ? part.toUpperCase() : part))
        .join("+");

const isTyping = (event) => isKeyFor(event, "input:not([type=range]), select, textarea, [contenteditable]");
const isSliding = (event) => event.key.startsWith("Arrow") && isKeyFor(event, "input[type=range]");

/**
 * Commands with other keys, by their ids; a key that one of them takes, another one loses.
 * @param {Command[]} commands @param {Record<string, string[]>} keys @returns {Command[]}
 */
export function rekeyed(commands, keys) {
  const taken = new Set(Object.values(keys).flat());
  const left = (command) => command.keys.filter((key) => !taken.has(key));
  return commands.map((command) => ({ ...command, keys: keys[command.id] ?? left(command) }));
}

/** @param {Command[]} commands @returns {{take: (commands: Command[]) => void}} take: the same commands with other keys */
export function bindCommands(commands) {
  /** @type {Map<string, Command>} */
  let byKey = new Map();
  const take = (keyed) => {
    byKey = new Map(keyed.flatMap((command) => command.keys.map((key) => [key, command])));
    for (const button of document.querySelectorAll("[data-command]")) nameButton(button, keyed);
  };
  take(commands);
  document.addEventListener("keydown", (event) => {
    const isElsewhere = isTyping(event) || isSliding(event) || document.querySelector("dialog[open]");
    const isMenuKey = event.altKey && !event.getModifierState("AltGraph");
    if (event.defaultPrevented || isElsewhere || isMenuKey) return;
    const command = byKey.get(keyOf(event));
    if (!command || (event.repeat && !command.repeats)) return;
    // Enter on a button that was reached by the keyboard presses that button.
    if (event.key === "Enter" && isKeyFor(event, "button, a, summary")) return;
    event.preventDefault();
    command.run(event.repeat);
  });
  for (const button of document.querySelectorAll("[data-command]")) bindButton(button, commands);
  return { take };
}

const commandOf = (button, commands) => commands.find((command) => command.id === button.dataset.command);

function nameButton(button, commands) {
  const { text, keys } = commandOf(button, commands);
  button.title = keys.length ? `${text} (${written(keys[0])})` : text;
  if (!button.textContent.trim()) button.setAttribute("aria-label", text);
  if (keys.length) button.setAttribute("aria-keyshortcuts", keys.map((key) => key.replace("mod", "Control")).join(" "));
  else button.removeAttribute("aria-keyshortcuts");
}

function bindButton(button, commands) {
  const { run } = commandOf(button, commands);
  button.addEventListener("click", (event) => {
    // A mouse click leaves no focus behind, or the next Enter would press the button again.
    if (event.detail > 0) button.blur();
    run(false);
  });
}

/** @param {HTMLDialogElement} dialog @param {Command[]} commands @param {[string, string][]} mouse gesture, effect */
export function fillHelp(dialog, commands, mouse) {
  /** @type {Map<string, Command[]>} */
  const groups = new Map();
  for (const command of commands.filter(({ keys }) => keys.length))
    groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  const section = (title, rows) =>
    element(
      "section",
      {},
      element("h3", {}, title),
      element(
        "dl",
        {},
        ...rows.map(([keys, text]) => element("div", {}, element("dt", {}, ...keys), element("dd", {}, text))),
      ),
    );
  const kbd = (keys) => keys.slice(0, 2).map((key) => element("kbd", {}, written(key)));
  dialog.querySelector("[data-help]")?.replaceChildren(
    section(
      "Mouse on the image",
      mouse.map(([gesture, text]) => [[gesture], text]),
    ),
    ...[...groups].map(([title, group]) =>
      section(
        title,
        group.map(({ keys, text }) => [kbd(keys), text]),
      ),
    ),
  );
}
