// The list of files: pages of rows, downloads as plain links, deleting after a question.
import { ask } from "./confirm.js";
import { MAX_ROWS, deleteFile, downloadAddress, isBeyondEnd, listFiles } from "./files.js";
import { exactSize, fileCount, fullTime, shortSize, shortTime } from "./format.js";
import { report, say } from "./notice.js";
import { split } from "./path.js";

const PAGE_ROWS = 100;

const table = document.getElementById("files");
const title = document.getElementById("files-title");
const rows = document.getElementById("rows");
const count = document.getElementById("count");
const empty = document.getElementById("empty");
const more = document.getElementById("more");

let userId;
let total = 0;

/** Reads the list anew, with at least as many rows as are shown and room for one that has been added. */
export async function refresh() {
  const limit = Math.min(Math.max(PAGE_ROWS, rows.children.length + 1), MAX_ROWS);
  const page = await listFiles(userId, { limit, offset: 0 });
  total = page.total;
  rows.replaceChildren(...page.files.map(rowFor));
  showState();
}

async function showMore() {
  more.disabled = true;
  try {
    const page = await listFiles(userId, { limit: PAGE_ROWS, offset: rows.children.length });
    total = page.total;
    const shown = new Set(Array.from(rows.children, (row) => row.dataset.id));
    // What was added elsewhere since the last page shifts rows into this one that are already here.
    const added = page.files.filter((file) => !shown.has(file.id)).map(rowFor);
    rows.append(...added);
    showState();
    added[0]?.querySelector("a").focus();
    if (added.length === 0) await refresh();
  } catch (error) {
    if (isBeyondEnd(error)) await refresh().catch(report);
    else report(error);
  } finally {
    more.disabled = false;
  }
}

function showState() {
  const shown = rows.children.length;
  total = Math.max(total, shown);
  table.hidden = shown === 0;
  empty.hidden = total > 0;
  more.hidden = shown >= total;
  count.textContent = total === 0 ? "" : fileCount(shown, total);
}

async function removeRow(file, row) {
  const agreed = await ask("Delete the file?", `“${file.file_path}” will be deleted. This cannot be undone.`, "Delete");
  if (!agreed) return;
  try {
    await deleteFile(file.id);
  } catch (error) {
    report(error);
    return;
  }
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  total -= 1;
  showState();
  (next?.querySelector("button") ?? title).focus();
  say(`Deleted “${file.file_path}”.`);
}

function rowFor(file) {
  const row = element("tr", "", { role: "row" });
  row.dataset.id = file.id;
  row.append(nameCell(file), sizeCell(file), timeCell(file), actionCell(file, row));
  return row;
}

function nameCell(file) {
  const { folder, name } = split(file.file_path);
  const path = element("bdi", "path");
  path.append(element("span", "folder", {}, folder), element("span", "name", {}, name));
  const cell = element("td", "name-cell", { role: "cell" });
  cell.append(path);
  if (file.description) cell.append(element("p", "description", { dir: "auto" }, file.description));
  return cell;
}

function sizeCell(file) {
  return element("td", "number", { role: "cell", title: exactSize(file.size_bytes) }, shortSize(file.size_bytes));
}

function timeCell(file) {
  const changed = new Date(file.updated_at);
  const cell = element("td", "time", { role: "cell" });
  const attributes = { datetime: changed.toISOString(), title: fullTime(changed) };
  cell.append(element("time", "", attributes, shortTime(changed)));
  return cell;
}

function actionCell(file, row) {
  // `download` keeps this page open even where the answer is an error; the name comes from the answer.
  const link = element("a", "button quiet", {
    href: downloadAddress(file.file_path), download: "", "aria-label": `Download ${file.file_path}`,
  }, "Download");
  const remove = element("button", "quiet danger-text", {
    type: "button", "aria-label": `Delete ${file.file_path}`,
  }, "Delete");
  remove.addEventListener("click", () => removeRow(file, row));
  const cell = element("td", "row-actions", { role: "cell" });
  cell.append(link, remove);
  return cell;
}

function element(tag, className, attributes = {}, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

/** Reads and shows the first page. */
export async function startFileList(ofUser) {
  userId = ofUser;
  more.addEventListener("click", showMore);
  await refresh();
}
