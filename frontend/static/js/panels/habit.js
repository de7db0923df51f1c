/** Which preset of mouse and keys this reader has: chosen on the help sheet, which tells what it makes of both. */

import { bindCommands, fillHelp, rekeyed } from "../common/commands.js";
import { byId, element } from "../common/dom.js";
import { presets } from "../tools/presets.js";

/** @typedef {import("../common/commands.js").Command} Command */

/** What the right button and the wheel do, as the help sheet has it. */
const doings = { zoom: "zoom (upwards: closer)", window: "window and level" };

/** @param {import("../tools/presets.js").Preset} preset @returns {[string, string][]} gesture, effect */
const mouseHelp = ({ right, rightWithShift, sizesBrushByWheel }) => [
  ["Drag", "draw a box around scar"],
  ["Drag a handle", "resize the box (click it: select the box)"],
  ["Drag inside the selected box", "move it (Shift+drag: draw a new box there)"],
  ["Click", "positive point: this is scar"],
  ["Alt or Ctrl+click", "negative point: this is not scar"],
  ["Alt+double-click", "take the whole part under it away"],
  ["Drag a point", "move it (Del: delete what is lit up)"],
  ["Drag with a brush", "paint scar (Alt or Ctrl: erase)"],
  ["Drag near the outline", "push it, with the edge tool"],
  ["Drag a point of a contour", "move it (click the line: add one; Del: take one away)"],
  ["Double-click", "the image alone; again: with the panels"],
  ["Wheel", "scroll slices"],
  ["Ctrl+wheel", sizesBrushByWheel ? "size the brush in hand, else zoom" : "zoom"],
  ["Right-drag", doings[right]],
  ["Shift+right-drag", doings[rightWithShift]],
  ["Middle-drag, Space+drag", "pan"],
  ["Two fingers", "zoom and pan (one finger or a pen draws)"],
  ["Hold H", "see the image without the overlay"],
];

/**
 * @param {import("../tools/presets.js").Habit} habit @param {Command[]} commands with the keys they have of their own
 * @param {HTMLDialogElement} help
 */
export function bindHabit(habit, commands, help) {
  const choice = byId("preset", HTMLSelectElement);
  choice.append(...Object.entries(presets).map(([name, { title }]) => element("option", { value: name }, title)));
  const bound = bindCommands(commands);
  const show = () => {
    const keyed = rekeyed(commands, habit.preset.keys);
    choice.value = habit.name;
    bound.take(keyed);
    fillHelp(help, keyed, mouseHelp(habit.preset));
  };
  show();
  habit.addEventListener("change", show);
  choice.addEventListener("change", () => habit.choose(choice.value));
  byId("reader").addEventListener("change", () => habit.read());
  help.addEventListener("click", (event) => {
    if (event.target === help) help.close();
  });
}
