// The metadata of everybody's files. Nobody but the owner can read the contents, so there is no download.
import { containing, filterField, ownerField, showList } from "./admin-list.js";
import { iconFor } from "./browse.js";
import { element, icon } from "./dom.js";
import { entryOf } from "./files.js";
import { exactSize, shortSize } from "./format.js";
import { pathText, shownName, shownPath, shownProse } from "./names.js";
import { t } from "./strings.js";
import { timeElement } from "./ui.js";

/** @param {string} owner whose files are shown at first */
export function showAllFiles(context, owner = "") {
  const text = filterField(t("path"));
  const user = ownerField(t("owner"), owner);
  return showList({
    title: t("allFiles"), className: "all-files", path: "files", countText: "fileCount",
    select: "id,file_path,owner_email,size_bytes,modified_at,content_type,description",
    order: ["changed", true],
    columns: [
      { id: "path", column: "file_path", label: t("path"), sortable: true, className: "name", cell: pathCell },
      { id: "owner", column: "owner_email", label: t("owner"), sortable: true, className: "owner",
        cell: (row) => [shownName(row.owner_email)] },
      { id: "size", column: "size_bytes", label: t("size"), sortable: true, className: "size",
        cell: (row) => [element("span", { title: exactSize(row.size_bytes) }, shortSize(row.size_bytes))] },
      { id: "changed", column: "modified_at", label: t("changed"), sortable: true, className: "changed",
        cell: (row) => [timeElement(row.modified_at)] },
      { id: "description", label: t("description"), className: "description",
        cell: (row) => [shownProse(row.description ?? "")] },
    ],
    keyOf: (row) => row.id,
    nameOf: (row) => pathText(row.file_path),
    fields: [text, user],
    filters: () => [
      ...(text.control.value === "" ? [] : [["file_path", containing(text.control.value)]]),
      ...(user.control.value === "" ? [] : [["owner_email", containing(user.control.value)]]),
    ],
  });
}

const pathCell = (row) => [icon(iconFor(entryOf(row))),
  element("span", { class: "entry", title: pathText(row.file_path) }, shownPath(row.file_path))];
