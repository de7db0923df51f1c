/** What can be done to a study as a whole, behind ⋯ in its row. */

import { element } from "../common/dom.js";
import { personName } from "../common/format.js";

/** @param {import("../common/types.js").Study} study @param {Record<string, () => void>} acts by their names */
export function studyMenu(study, acts) {
  const id = `menu-${study.study_instance_uid}`;
  const items = Object.entries(acts).map(([text, act]) => {
    const item = element("button", { type: "button", class: "quiet" }, text);
    item.addEventListener("click", () => {
      menu.hidePopover();
      act();
    });
    return item;
  });
  const menu = element("div", { id, popover: "auto", class: "menu-items" }, ...items);
  const label = `More about the study of ${personName(study.patient.name)}`;
  const open = element("button", { type: "button", class: "quiet", popovertarget: id, "aria-label": label }, "⋯");
  menu.addEventListener("beforetoggle", () => {
    const { bottom, right } = open.getBoundingClientRect();
    Object.assign(menu.style, { top: `${bottom}px`, right: `${document.documentElement.clientWidth - right}px` });
  });
  return element("div", {}, open, menu);
}
