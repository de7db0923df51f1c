/** The reading page's controls beside its commands: held keys, opacity, kind of stack, and what is enabled. */

import { patchStack, readerName, setReaderName } from "../common/api.js";
import { showKind } from "./patient.js";
import { say } from "../common/status.js";
import { contrastWords } from "../common/format.js";

/** @typedef {import("../pages/reading.js").ReadingPage} Page */

const byId = (id) => document.getElementById(id);
const smallestKey = "scarmass.smallest_part_mm2";
const all = (id) => document.querySelectorAll(`[data-command="${id}"]`);

/** H hides the overlay and Space pans while they are held. @param {Page} page */
export function bindHeldKeys(page) {
  const held = (down) => (event) => {
    const isTyping = event.target.closest?.("input:not([type=range]), select, textarea");
    if (event.repeat || (down && isTyping)) return;
    const plain = !event.ctrlKey && !event.metaKey && !byId("help").open;
    if (event.key.toLowerCase() === "h" && (plain || !down)) page.looks.hide(down);
    if (event.key === " " && !event.target.closest?.("button, a, summary, dialog")) page.pointer.holdSpace(down);
  };
  document.addEventListener("keydown", held(true));
  document.addEventListener("keyup", held(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target === page.element) event.preventDefault();
  });
  window.addEventListener("blur", () => {
    page.pointer.holdSpace(false);
    page.looks.hide(false);
  });
}

/** @param {Page} page */
export function bindControls(page) {
  byId("opacity").addEventListener("input", (event) => page.looks.setOpacity(Number(event.target.value) / 100));
  byId("contrast").addEventListener("change", ({ target }) => {
    // Left focused, it would take the arrow keys meant for the slices.
    target.blur();
    void change(page, { contrast: target.value });
  });
  const smallest = byId("smallest-part");
  smallest.value = localStorage.getItem(smallestKey) ?? smallest.value;
  smallest.addEventListener("change", () => localStorage.setItem(smallestKey, smallest.value));
  smallest.addEventListener("keydown", ({ key }) => key === "Enter" && smallest.blur());
  const reader = byId("reader");
  reader.value = readerName();
  reader.addEventListener("change", () => setReaderName(reader.value));
  reader.addEventListener("keydown", ({ key }) => key === "Enter" && reader.blur());
  byId("lge-change").addEventListener("click", () => void change(page, { is_lge: !page.stack.is_lge }));
  byId("read-anyway").addEventListener("click", () => void change(page, { is_lge: true }));
  window.addEventListener("beforeunload", (event) => {
    if (page.outbox?.hasUnsaved || page.outbox?.asideCount) event.preventDefault();
  });
}

/** The reader knows better than the header. */
async function change(page, body) {
  try {
    await patchStack(page.stack.stack_id, body);
    Object.assign(page.stack, body);
    if ("is_lge" in body) page.stack.is_lge_because = "set by the reader";
    else say(`Contrast is now ${contrastWords[body.contrast]}. Press Shift+R to propose the stack again.`);
  } catch (error) {
    say(`Not changed: ${error.message}`, { stays: true });
  }
  showKind(page.stack, page.draft);
  if (page.stack.is_lge && !page.draft) await page.read();
}

/** @param {Page} page */
export function showControls({
  stack,
  index,
  draft,
  outbox,
  selection,
  negative,
  tool,
  brush,
  isPreparing,
  looks: { hidden, style },
}) {
  const reads = draft !== null;
  const enabled = {
    previous: index > 0,
    next: index < stack.slices.length - 1,
    accept: reads,
    no_scar: reads,
    clear: reads,
    exclude: reads,
    carry_over: reads && index < stack.slices.length - 1,
    prompt: reads,
    brush: reads,
    eraser: reads,
    thinner: reads && tool !== "prompt",
    thicker: reads && tool !== "prompt",
    fill_holes: reads,
    drop_islands: reads,
    propose_slice: reads && !isPreparing,
    propose_stack: reads && !isPreparing,
    undo: reads && (draft.reading.can_undo || outbox.hasUnsaved),
    redo: reads && (draft.reading.can_redo || outbox.canRedo),
    delete: reads && selection !== null,
    export: reads,
  };
  for (const [id, on] of Object.entries(enabled)) for (const button of all(id)) button.disabled = !on;
  const isExcluded = draft?.slice(stack.slices[index]).state === "excluded";
  const pressed = { positive: !negative, negative, hide: hidden, exclude: isExcluded };
  for (const each of ["prompt", "brush", "eraser"]) pressed[each] = tool === each;
  byId("tip-size").textContent = `${brush.diameter_mm.toFixed(1)} mm`;
  for (const [id, on] of Object.entries(pressed))
    for (const button of all(id)) button.setAttribute("aria-pressed", String(on));
  for (const button of all("style"))
    button.dataset.style = style.fill ? (style.outline ? "both" : "fill") : "outline";
}
