/** Messages about edits. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bindNotices } from "../../frontend/static/js/panels/notices.js";
import { installBrowser, installMessages } from "./fakes.js";

test("each change that was set aside is asked about, also where two read alike", () => {
  installBrowser();
  installMessages();
  const outbox = new EventTarget();
  bindNotices(outbox, { indexOf: () => 2 }, () => {});
  for (let count = 0; count < 2; count += 1)
    outbox.dispatchEvent(new CustomEvent("aside", { detail: { edit: { kind: "paint" } } }));
  assert.equal(document.querySelector("#messages").children.length, 2);
});
