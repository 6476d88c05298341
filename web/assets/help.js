// The sheet of keyboard shortcuts.
import { element } from "./dom.js";
import { t } from "./strings.js";
import { openDialog } from "./ui.js";

/** Signs are the same in every language; words are texts. */
const SIGNS = { up: "↑", down: "↓", left: "←", right: "→" };
const GROUPS = [
  ["keysEverywhere", [
    ["/", "search"], ["u", "uploadFiles"], ["n", "newFolder"], ["keyBackspace", "parentFolder"], ["?", "help"],
  ]],
  ["keysList", [
    ["up down", "keyMove"], ["keyHome keyEnd", "keyEnds"], ["keyEnter", "keyOpen"], ["keySpace", "keySelect"],
    ["keyShift+up down", "keyExtend"], ["keyControl+A", "selectAll"], ["keyEscape", "clearSelection"],
    ["keyShift+F10", "actions"],
  ]],
  ["keysFiles", [
    ["d", "download"], ["F2", "rename"], ["m", "move"], ["c", "copy"], ["keyDelete", "delete"], ["i", "details"],
  ]],
  ["keysPreview", [["left right", "keyOthers"], ["keyEscape", "close"]]],
];

export function showHelp() {
  return openDialog(t("help"), () => [element("div", { class: "shortcuts" }, ...GROUPS.map(([title, rows]) =>
    element("section", {}, element("h3", {}, t(title)), element("dl", {}, ...rows.flatMap(([keys, label]) =>
      [element("dt", {}, ...alternatives(keys)), element("dd", {}, t(label))])))))], { className: "wide" });
}

/** "keyShift+up down" → Shift + ↑, ↓ */
function alternatives(keys) {
  return keys.split(" ").flatMap((each, index) => [index > 0 ? " " : "",
    element("span", { class: "keys" }, ...each.split("+").map((key) =>
      element("kbd", {}, SIGNS[key] ?? t(key, {}, key))))]);
}
