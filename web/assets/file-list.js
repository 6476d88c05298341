// The list of files: pages of rows, downloads, and deleting after a confirmation.
import { ask } from "./confirm.js";
import { download } from "./download.js";
import { element } from "./element.js";
import { MAX_ROWS, deleteFile, downloadAddress, isBeyondEnd, isGone, listFiles } from "./files.js";
import { exactSize, fileCount, fullTime, shortSize, shortTime } from "./format.js";
import { pathText, shownPath, shownProse } from "./names.js";
import { report, say } from "./notice.js";

const PAGE_ROWS = 100;

const table = document.getElementById("files");
const title = document.getElementById("files-title");
const rows = document.getElementById("rows");
const count = document.getElementById("count");
const empty = document.getElementById("empty");
const more = document.getElementById("more");

let userId;
let total = 0;

/** Reads the list again, with one row more than are shown, in case one was added. */
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
    // A file that was added elsewhere shifts rows into this page that the list already has.
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
  const explanation = ["“", shownPath(file.file_path), "” will be deleted."];
  const agreed = await ask("Delete the file?", explanation, "Delete");
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
  say("Deleted “", shownPath(file.file_path), "”.");
}

async function startDownload(file) {
  try {
    await download(file);
    say("The download of “", shownPath(file.file_path), "” has started.");
  } catch (error) {
    if (isGone(error)) await refresh().catch(() => {});
    report(error);
  }
}

function rowFor(file) {
  const row = element("tr", "", { role: "row" });
  row.dataset.id = file.id;
  row.append(nameCell(file), sizeCell(file), timeCell(file), actionCell(file, row));
  return row;
}

function nameCell(file) {
  const cell = element("td", "name-cell", { role: "cell" }, shownPath(file.file_path));
  if (file.description) cell.append(element("p", "description", { dir: "auto" }, shownProse(file.description)));
  return cell;
}

function sizeCell(file) {
  return element("td", "number", { role: "cell", title: exactSize(file.size_bytes) }, shortSize(file.size_bytes));
}

function timeCell(file) {
  const changed = new Date(file.updated_at);
  const attributes = { datetime: changed.toISOString(), title: fullTime(changed) };
  return element("td", "time", { role: "cell" }, element("time", "", attributes, shortTime(changed)));
}

function actionCell(file, row) {
  const name = pathText(file.file_path);
  // A link, so that its address can be copied.
  const link = element("a", "button quiet", {
    href: downloadAddress(file.file_path), download: "", "aria-label": `Download ${name}`,
  }, "Download");
  link.addEventListener("click", (event) => {
    event.preventDefault();
    startDownload(file);
  });
  const remove = element("button", "quiet danger-text", { type: "button", "aria-label": `Delete ${name}` }, "Delete");
  remove.addEventListener("click", () => removeRow(file, row));
  return element("td", "row-actions", { role: "cell" }, link, remove);
}

/** Reads and shows the first page. */
export async function startFileList(ofUser) {
  userId = ofUser;
  more.addEventListener("click", showMore);
  await refresh();
}
