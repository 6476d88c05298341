// Brings a folder back to a time.
import { call } from "./api.js";
import { chooseFolder } from "./actions.js";
import { element, icon } from "./dom.js";
import { announceChange } from "./files.js";
import { shownPath } from "./names.js";
import { t, tn } from "./strings.js";
import { askForm, button, labelled, say } from "./ui.js";

/** Asks for a folder and a time, and makes all in the folder as it was then. */
export async function bringBack(context, folder) {
  let chosen = folder;
  const place = element("span");
  const show = () => place.replaceChildren(icon("folder"), chosen === "" ? t("allMyFiles") : shownPath(chosen));
  const choose = button(t("chooseFolder"), async () => {
    chosen = await chooseFolder(t("chooseFolder"), chosen, t("choose")) ?? chosen;
    show();
  });
  show();
  const { field, input } = labelled(t("timeThen"), {
    type: "datetime-local", step: 1, required: true,
    value: local(Date.now() - 3600_000), max: local(Date.now() + 60_000),
  });
  const result = await askForm(t("bringBack"), [
    element("p", {}, t("bringBackText")),
    element("div", { class: "field", role: "group", "aria-label": t("folder") },
      element("span", { class: "label" }, t("folder")),
      element("div", { class: "with-choice" }, place, choose)),
    field,
  ], t("bringBack"), () => call("restore_folder", { p_folder: chosen, p_at: new Date(input.value).toISOString() }));
  if (result === undefined) return;
  announceChange();
  const { restored, removed, kept } = result;
  const files = (count) => t("fileCount", { count });
  say(tn("broughtBack", { restored: files(restored), removed: files(removed), kept }), { seconds: 15 });
}

/** A time as the field has it: in the zone of the browser. */
function local(milliseconds) {
  const date = new Date(milliseconds);
  return new Date(milliseconds - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
