/** Opens the reading page on the stack that its address names. */

import { getStack } from "../common/api.js";
import { byId } from "../common/dom.js";
import { untilAnswered } from "../common/retry.js";
import { hideProgress, showProgress } from "../common/status.js";
import { ReadingPage } from "./reading_page.js";

async function start() {
  showProgress("Opening the stack");
  const stack = await untilAnswered(
    () => getStack(document.body.dataset.stackId),
    () => showProgress("The server cannot be reached, trying again"),
  );
  hideProgress();
  const page = new ReadingPage(stack);
  document.body.classList.remove("opening");
  // For browser tests: where a native pixel lies on the screen, and what is shown.
  Object.assign(window, {
    scarmass: {
      imageToClient: (x, y) => page.view.imageToClient(x, y),
      clientToImage: (x, y) => page.view.clientToImage(x, y),
      state: () => ({
        index: page.slices.index,
        shown: page.view.shown,
        prompt: page.drawing.prompt,
        method: page.methods.chosen,
        methodMask: page.methods.maskOf(page.slices.current),
        regions: page.regions.list,
        handles: page.handles,
        reading: page.draft.isOpen ? page.draft.reading : null,
      }),
    },
  });
  await page.open();
}

start().catch((error) => {
  hideProgress();
  document.body.classList.remove("opening");
  document.body.classList.add("failed");
  byId("failure").hidden = false;
  byId("failure-text").textContent = `This stack cannot be opened: ${error.message}`;
});
