/** The rules of the settings, and what they would do with a study. */

import { getRules, listStudies, tryRules } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";
import { day, personName } from "../common/format.js";
import { kindsText, matchText } from "../pacs/words.js";

export class RuleList {
  /** @param {(text: string) => void} fail */
  constructor(fail) {
    this.form = byId("try", HTMLFormElement);
    this.fail = fail;
    /** @type {NodeListOf<HTMLElement>} */
    const typed = this.form.querySelectorAll("[data-typed]");
    this.form.addEventListener("change", () => {
      const isStored = Boolean(new FormData(this.form).get("study"));
      for (const label of typed) label.hidden = isStored;
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#try();
    });
  }

  async load() {
    const { accept, prepare, send } = await getRules();
    byId("rule-lists").replaceChildren(
      list("What is taken in", accept, (rule) => (rule.accepts ? "taken in" : "refused"), "All else is refused."),
      list("What is prepared on arrival", prepare, preparedText, "All else waits until somebody opens it."),
      list("What goes where on signing", send, sentText, send.length ? "" : "Nothing is sent by itself."),
    );
    const { studies } = await listStudies(null);
    const option = ({ study_instance_uid, patient, study_date }) =>
      element("option", { value: study_instance_uid }, `${personName(patient.name)} · ${day(study_date)}`);
    const typed = element("option", { value: "" }, "as typed here");
    find("select", this.form).replaceChildren(typed, ...studies.map(option));
  }

  async #try() {
    const fields = new FormData(this.form);
    const text = (name) => String(fields.get(name) ?? "").trim();
    const calling = text("calling");
    const typed = ["modality", "study_description", "series_description"].map((name) => [name, text(name)]);
    const study = text("study");
    const body = study
      ? { study_instance_uid: study, calling }
      : { series: [{ ...Object.fromEntries(typed), calling }] };
    try {
      byId("tried").replaceChildren(...told(await tryRules(body)));
      this.fail("");
    } catch (error) {
      this.fail(`Not tried: ${error.message}`);
    }
  }
}

const preparedText = (rule) => (rule.prepares ? `prepared after ${rule.quiet_seconds} s of quiet` : "not prepared");
const sentText = (rule) => `to ${rule.peer}: ${kindsText(rule.kinds)}`;

function list(title, rules, effect, otherwise) {
  const items = rules.map((rule) =>
    element(
      "li",
      {},
      rule.name ? element("b", {}, rule.name) : "",
      rule.name ? ": " : "",
      `${matchText(rule)} → ${effect(rule)}`,
    ),
  );
  const last = otherwise ? [element("p", { class: "quiet-text" }, otherwise)] : [];
  return element("div", {}, element("h2", {}, title), element("ol", {}, ...items), ...last);
}

/** @param {import("../common/types.js").Schemas["RulesTested"]} tried */
function told({ series, prepared_by, quiet_seconds, sent_to }) {
  const items = series.map(({ modality, study_description, series_description, is_accepted, reason }) => {
    const what = [modality, study_description, series_description].filter(Boolean).join(" · ") || "a series";
    return element("li", {}, element("b", {}, is_accepted ? "Taken in" : "Refused"), ` ${what}: ${reason}`);
  });
  const prepared = prepared_by
    ? `Prepared after ${quiet_seconds} s of quiet, by the rule “${prepared_by}”.`
    : "Not prepared on arrival.";
  const sent = sent_to.map(({ peer, kinds }) => `${peer} (${kindsText(kinds)})`).join("; ");
  return [
    element("ul", {}, ...items),
    element("p", {}, prepared),
    element("p", {}, sent ? `On signing sent to ${sent}.` : "On signing sent nowhere."),
  ];
}
