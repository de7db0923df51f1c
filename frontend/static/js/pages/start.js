/** Opens the reading page on the stack that its address names. */

import { openStack } from "../reading/open.js";
import { ReadingPage } from "./reading.js";
import { hideProgress, showProgress } from "../common/status.js";

async function start() {
  const lost = () => showProgress("The server cannot be reached, trying again");
  showProgress("Opening the stack");
  const stack = await openStack(document.body.dataset.stackId, lost);
  hideProgress();
  const page = new ReadingPage(stack);
  document.body.classList.remove("opening");
  // For browser tests: where a native pixel lies on the screen, and what is shown.
  window.scarmass = {
    imageToClient: (x, y) => page.view.imageToClient(x, y),
    clientToImage: (x, y) => page.view.clientToImage(x, y),
    state: () => ({
      index: page.index,
      shown: page.view.shown,
      prompt: page.prompt,
      reading: page.draft?.reading ?? null,
    }),
  };
  await page.open();
}

start().catch((error) => {
  hideProgress();
  document.body.classList.remove("opening");
  document.body.classList.add("failed");
  document.getElementById("failure").hidden = false;
  document.getElementById("failure-text").textContent = `This stack cannot be opened: ${error.message}`;
});
