/** What can be done on the reading page, by key or by button. */

import { mayPropose } from "../panels/assignment.js";
import { smallestPart_mm2 } from "../panels/controls.js";
import { deletePart, toggleMaximised, togglePreview } from "./reading_tools.js";

/** @typedef {import("../common/commands.js").Command} Command */

/** What a signed reading does not take. */
const editing = new Set([
  "accept",
  "accept_shown",
  "no_scar",
  "clear",
  "exclude",
  "exclude_end",
  "reject_no_reflow",
  "carry_over",
  "propose_slice",
  "propose_stack",
  "take_over",
  "segmentations",
  "undo",
  "redo",
  "fill_holes",
  "drop_islands",
  "delete",
]);

/** As far as a mouse dragged over so many CSS pixels. */
const window_step = 10;

/** @param {import("./reading_page.js").ReadingPage} page @returns {Command[]} */
export function readingCommands(page) {
  const { view, slices, actions, display, drawing, tools, strip, looking } = page;
  const group = (heading, commands) =>
    commands.map(([id, text, keys, run, more]) => ({ id, text, keys, run, group: heading, ...more }));
  const held = { repeats: true };
  const unlessSigned = (command) =>
    editing.has(command.id)
      ? { ...command, run: (isHeld) => (page.draft.isSigned ? page.signing.sayClosed() : command.run(isHeld)) }
      : command;
  const ifMayPropose = (act) => () => mayPropose(page.draft) && act();
  const onImage = (act) => () => view.shown >= 0 && act();
  return [
    ...group("Slices", [
      ["previous", "Previous slice", ["ArrowLeft"], () => slices.step(-1), held],
      ["next", "Next slice", ["ArrowRight"], () => slices.step(1), held],
      ["above", "Slice above", ["ArrowUp"], () => slices.step(-strip.across), held],
      ["below", "Slice below", ["ArrowDown"], () => slices.step(strip.across), held],
      ["first", "First slice", ["Home"], () => slices.go(0)],
      ["undecided", "Next undecided slice", ["j"], () => actions.goToUndecided(), held],
      ["check_first", "Next slice to check first", ["shift+j"], () => actions.goToUnsure(page.spread.first), held],
      ["last", "Last slice", ["End"], () => slices.go(slices.length - 1)],
    ]),
    ...group("Decide", [
      ["accept", "Accept, and on to the next undecided slice", ["Enter"], () => actions.accept()],
      ["accept_shown", "Accept all slices that are shown side by side", ["shift+a"], () => page.acceptShown()],
      ["no_scar", "No scar here, and on to the next undecided slice", ["0"], () => actions.noScar()],
      ["clear", "Clear this slice", ["c"], () => actions.clear()],
      ["exclude", "Exclude this slice, or include it again", ["u"], () => actions.exclude()],
      ["reject_no_reflow", "No no-reflow on this slice: it is scar alone", ["shift+n"], () => actions.rejectNoReflow()],
      [
        "exclude_end",
        "Exclude this slice and all towards the nearer end, or include them again",
        ["shift+x"],
        () => actions.excludeEnd(),
      ],
      ["carry_over", "Carry over to the next slice", ["d"], () => actions.carryOver()],
      ["propose_slice", "Propose this slice again", ["r"], ifMayPropose(() => actions.proposeSlice())],
      [
        "propose_stack",
        "Propose all slices not yet decided again",
        ["shift+r"],
        ifMayPropose(() => actions.proposeAll()),
      ],
      ["take_over", "Take over the study's new images", ["t"], () => actions.takeOver()],
      [
        "segmentations",
        "Take over a segmentation that lies beside the study",
        ["shift+g"],
        () => void page.segmentations.open(),
      ],
      ["pattern", "State the pattern of the enhancement: arrows, then Enter", ["5"], () => page.pattern.focus()],
      ["undo", "Undo", ["mod+z", "z"], (isHeld) => actions.undo(isHeld), held],
      ["redo", "Redo", ["mod+shift+z", "y", "mod+y", "shift+z"], (isHeld) => actions.redo(isHeld), held],
      ["sign", "Sign, and on to the next patient", ["shift+s"], () => page.signing.sign()],
      ["amend", "Amend a signed reading", ["shift+t"], () => page.signing.amend()],
      ["next_patient", "Next patient who is not done", ["shift+Enter"], () => page.finish.next()],
      ["export", "Export CSV", ["e"], () => page.saving.exportCsv()],
      ["report", "Report, to print and to send", ["shift+e"], () => page.saving.openReport()],
    ]),
    ...group("Draw", [
      ["prompt", "Boxes and points", ["v"], () => tools.choose("prompt")],
      ["brush", "Brush", ["b"], () => tools.choose("brush")],
      ["eraser", "Eraser", ["x"], () => tools.choose("eraser")],
      ["threshold", "Threshold brush: only above the limit", ["shift+b"], () => tools.choose("threshold")],
      ["edge", "Shape the outline: push its edge", ["s"], () => tools.choose("edge")],
      ["remote", "Place remote myocardium, for the methods", ["8"], () => page.methodsPanel.choose("remote")],
      [
        "hyperenhanced",
        "Place the hyperenhanced region, for the methods",
        ["9"],
        () => page.methodsPanel.choose("hyperenhanced"),
      ],
      ["landmark", "Insertion points of the right ventricle", ["shift+l"], () => tools.choose("landmark")],
      [
        "contour",
        "Pull the contours of ventricle and blood pool, by their points or anywhere",
        ["shift+c"],
        () => tools.choose("contour"),
      ],
      ["smooth_contour", "Even out the contour taken last", ["shift+o"], () => actions.smoothContour()],
      [
        "contour_next",
        "Take the contour taken last over to the next slice",
        ["shift+d"],
        () => actions.takeOverContour(),
      ],
      ["window_tool", "Window and level by dragging", ["l"], () => tools.choose("window")],
      ["thinner", "Thinner brush", [","], () => page.resizeBrush(1 / 1.25), held],
      ["thicker", "Thicker brush", ["."], () => page.resizeBrush(1.25), held],
      ["tighter", "Tighter outlines (less sensitivity)", ["1"], () => page.sensitivity.change(-1), held],
      ["more_generous", "More generous outlines", ["2"], () => page.sensitivity.change(1), held],
      ["follows", "Outlines follow my corrections (on or off)", ["3"], () => page.sensitivity.toggleFollows()],
      [
        "confines_scar",
        "Scar that models draw keeps to the myocardium, and proposed blood gives way to it (on or off)",
        [],
        () => page.wall.toggle("confines_scar"),
      ],
      [
        "papillary_muscles",
        "Papillary muscles count as myocardium, not as blood (on or off)",
        [],
        () => page.wall.toggle("papillary_muscles"),
      ],
      ["fill_holes", "Fill holes and open cores", ["shift+f"], () => actions.fillHoles()],
      ["drop_islands", "Drop small parts", ["shift+i"], () => actions.dropIslands(smallestPart_mm2())],
      [
        "preview",
        "Show what a click would do, where the pointer rests (on or off)",
        ["shift+p"],
        () => togglePreview(page),
      ],
      ["positive", "Points mark scar", [], () => drawing.setNegative(false)],
      ["negative", "Points mark what is not scar (on or off)", ["n"], () => drawing.setNegative(!drawing.negative)],
      ["no_reflow", "Draw no-reflow, the dark core, or scar again", ["6"], () => page.toggleNoReflow()],
      ["crosshair", "Draw with the keys: arrows and Space (on or off)", ["k"], () => page.crosshair.toggle()],
      ["delete", "Delete the box or point lit up or selected", ["Delete", "Backspace"], () => deletePart(page)],
      ["deselect", "Let go of the selection", ["Escape"], () => page.deselect()],
    ]),
    ...group("View", [
      ["fit", "Fit the image", ["f"], onImage(() => view.fit())],
      ["heart", "Zoom to the heart", ["g"], onImage(() => looking.zoomToHeart())],
      ["zoom_in", "Zoom in", ["+", "="], onImage(() => view.zoomBy(1.25)), held],
      ["zoom_out", "Zoom out", ["-"], onImage(() => view.zoomBy(1 / 1.25)), held],
      ["wider", "Wider window", ["shift+ArrowRight"], onImage(() => view.dragWindow(window_step, 0)), held],
      ["narrower", "Narrower window", ["shift+ArrowLeft"], onImage(() => view.dragWindow(-window_step, 0)), held],
      ["brighter", "Brighter", ["shift+ArrowUp"], onImage(() => view.dragWindow(0, window_step)), held],
      ["darker", "Darker", ["shift+ArrowDown"], onImage(() => view.dragWindow(0, -window_step)), held],
      ["window", "Window of heart muscle and scar", ["w"], onImage(() => looking.windowOfHeart())],
      ["header_window", "Window as in the header", ["shift+w"], onImage(() => view.resetWindow())],
      ["invert", "Invert", ["i"], onImage(() => view.invert())],
      ["rotate", "Turn the image clockwise", ["q"], onImage(() => view.rotate(1))],
      ["rotate_back", "Turn the image the other way", ["shift+q"], onImage(() => view.rotate(-1))],
      ["mirror", "Mirror left and right", ["m"], onImage(() => view.mirror("across"))],
      ["mirror_down", "Mirror top and bottom", ["shift+m"], onImage(() => view.mirror("down"))],
      ["upright", "Image as acquired", ["shift+u"], onImage(() => view.upright())],
      ["style", "Outline, fill or both", ["o"], () => display.nextStyle()],
      ["fainter", "Overlay fainter", ["["], () => display.setOpacity(display.style.opacity - 0.1), held],
      ["stronger", "Overlay stronger", ["]"], () => display.setOpacity(display.style.opacity + 0.1), held],
      ["contours", "Contours of ventricle and blood pool (on or off)", ["shift+k"], () => display.toggleContours()],
      ["grid", "All slices side by side", ["a"], () => page.toggleGrid()],
      ["other_views", "Other views of the study, beside the image", ["4"], () => page.toggleOtherViews()],
      ["methods", "Methods that readers know, beside the reading", ["7"], () => page.methodsPanel.toggle()],
      ["maximise", "The image alone (on or off)", ["shift+v"], () => toggleMaximised()],
      ["panel", "Panel with the grams, on a narrow screen", ["p"], () => page.togglePanel()],
      ["hide", "Hide the overlay (H: while held)", [], () => display.hide(!display.hidden)],
      ["help", "Keys and mouse", ["?"], () => page.showHelp()],
    ]),
  ].map(unlessSigned);
}
