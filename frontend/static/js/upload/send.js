/** One request of an upload. */

import { problemBody, problemOf, studiesPath, Unreachable } from "../common/api.js";
import { session } from "../common/session.js";

/** A request that neither moves nor is answered for so long counts as lost. */
const lost_after_ms = 60_000;

/**
 * Files are named by their place in the group: what the server says of each is then known whatever its path.
 * @type {import("./queue.js").Send}
 */
export function sendGroup(group, onProgress, signal) {
  const form = new FormData();
  for (const [place, { file }] of group.entries()) form.append("files", file, String(place));
  // fetch does not report how much of a body was sent; XMLHttpRequest does.
  const request = new XMLHttpRequest();
  let watch = 0;
  const stillThere = () => {
    clearTimeout(watch);
    watch = setTimeout(() => request.abort(), lost_after_ms);
  };
  const answer = new Promise((done, failed) => {
    const lost = () => failed(new Unreachable("The server cannot be reached."));
    for (const kind of ["error", "abort"]) request.addEventListener(kind, lost);
    request.addEventListener("load", () => {
      const body = /** @type {any} */ (problemBody(request.responseText));
      // That no file could be used is an answer about each of them; that of a proxy is about none.
      if (body.studies || body.rejected) done(body);
      else if (request.status < 300) lost();
      else failed(problemOf(request.status, body));
    });
  });
  request.upload.addEventListener("progress", ({ loaded }) => {
    stillThere();
    onProgress(loaded);
  });
  signal.addEventListener("abort", () => request.abort());
  stillThere();
  request.open("POST", studiesPath);
  if (session.personId) request.setRequestHeader("X-Person", session.personId);
  request.send(form);
  return answer.finally(() => clearTimeout(watch));
}
