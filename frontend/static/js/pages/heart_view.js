/** The reading page's looks at the heart: close to it, and in its own window. */

import { showMessage } from "../common/status.js";
import { heart_share } from "../image/viewport.js";

/** @typedef {import("./reading_page.js").ReadingPage} ReadingPage */

/** @param {ReadingPage} page */
export async function zoomToHeart({ view, openingView }) {
  try {
    const { heart } = await openingView.get();
    if (heart) view.frame(heart, heart_share);
    else showMessage("No left ventricle was found on this stack.");
  } catch (error) {
    showMessage(`The heart cannot be found: ${error.message}`);
  }
}

/** Between healthy myocardium and scar, as the window is at first. @param {ReadingPage} page */
export async function windowOfHeart({ view, openingView }) {
  try {
    const window = await openingView.window();
    if (window) view.setWindow(window);
    else await view.resetWindow();
  } catch (error) {
    showMessage(`The window cannot be found: ${error.message}`);
  }
}
