// The trash: what was deleted, and in a second list the contents that were replaced. Files that were deleted together
// are one row, which the server calls an entry.
import { call, request } from "./api.js";
import { freeName } from "./actions.js";
import { bringBack } from "./bring-back.js";
import { folderAddress, iconFor } from "./browse.js";
import { element, icon } from "./dom.js";
import {
  announceChange, changes, downloadFrom, folderOf, join, nameOf, pagedList, pathIsTaken, versionAddress,
} from "./files.js";
import { exactSize, listTime, shortSize } from "./format.js";
import { makeGrid } from "./grid.js";
import { openMenu } from "./menu.js";
import { pathText, shownName, shownPath } from "./names.js";
import { normalized, problemWith } from "./path.js";
import { t, tn } from "./strings.js";
import { listTrash, purge, rowsOf } from "./trash-entries.js";
import {
  ask, askForm, button, failed, iconButton, labelled, placeholder, report, say, timeElement,
} from "./ui.js";

// Words

const shownEntry = (entry) => (entry.isFolder || entry.count === 1 ? shownPath(entry.path)
  : tn("andOthers", { name: shownPath(entry.path), count: entry.count - 1 }));
const entryText = (entry) => (entry.isFolder || entry.count === 1 ? pathText(entry.path)
  : t("andOthers", { name: pathText(entry.path), count: entry.count - 1 }));
const named = (entries) => (entries.length === 1 ? tn("quoted", { name: shownEntry(entries[0]) })
  : [t("fileCount", { count: filesIn(entries) })]);
const filesIn = (entries) => entries.reduce((sum, entry) => sum + entry.count, 0);

/** @param {string} [which] "versions" for the contents that were replaced */
export function showTrash(context, which) {
  const isVersions = which === "versions";
  const reason = isVersions ? "replaced" : "deleted";
  const controller = new AbortController();
  const { signal } = controller;
  const list = pagedList((last) => listTrash(context.user.user_id, reason, last, signal), (added) => {
    grid.addRows(added, { complete: list.isLast });
    showCount();
  });

  const status = element("p", { class: "count", role: "status" });
  const content = element("div", { class: "content" });
  const grid = makeGrid({
    label: isVersions ? t("oldVersions") : t("deletedFiles"), columns: columns(), keyOf: (entry) => entry.id,
    nameOf: entryText,
    open: (entry) => showMenu([entry], grid.body.querySelector(`[data-index="${grid.rows.indexOf(entry)}"]`)),
    menu: showMenu, keys, more: () => list.more().catch(report), selected: showSelection,
  });

  // Loading

  async function load({ keepPlace = true } = {}) {
    await list.reload();
    await context.refreshUsage();
    if (list.entries.length === 0) content.replaceChildren(nothing());
    else if (!grid.element.isConnected) content.replaceChildren(grid.element);
    grid.setRows(list.entries, { complete: list.isLast, keepPlace });
    showCount();
  }

  const bytes = () => (isVersions ? context.user.version_bytes : context.user.trash_bytes - context.user.version_bytes);

  // What is shown

  function nothing() {
    const days = isVersions ? context.user.version_days : context.user.trash_days;
    const [kept, off] = isVersions ? ["versionsKept", "versionsOff"] : ["trashKept", "trashOff"];
    return placeholder(isVersions ? "restore" : "trash", isVersions ? t("noOldVersions") : t("trashEmpty"),
      t(days > 0 ? kept : off, { count: days }));
  }

  function showCount() {
    const { entries, isLast } = list;
    const count = t(isLast ? "entries" : "entriesLoaded", { count: entries.length });
    status.textContent = entries.length === 0 ? "" : `${count}, ${shortSize(bytes())}`;
    for (const each of [restoreAllButton, emptyButton]) each.hidden = entries.length === 0;
  }

  function columns() {
    return [
      { id: "name", label: t("name"), className: "name", cell: (entry) =>
        [icon(iconFor(entry)),
          element("span", { class: "entry", title: entryText(entry) }, ...[shownEntry(entry)].flat())] },
      { id: "size", label: t("size"), className: "size", cell: (entry) =>
        [element("span", { title: exactSize(entry.size) }, shortSize(entry.size)), ...count(entry)] },
      { id: "removed", label: isVersions ? t("replaced") : t("deletedAt"), className: "removed",
        cell: (entry) => [timeElement(entry.removed)] },
      { id: "expires", label: t("keptUntil"), className: "changed", cell: (entry) =>
        [element("span", { class: "narrow-only" }, t("until", { time: listTime(new Date(entry.expires)) })),
          element("span", { class: "wide-only" }, timeElement(entry.expires))] },
      { id: "actions", label: t("actions"), className: "row-actions", isUnseen: true, cell: actionsCell },
    ];
  }

  const count = (entry) => (entry.count > 1
    ? [element("span", { class: "files-in" }, ` · ${t("fileCount", { count: entry.count })}`)] : []);

  function actionsCell(entry) {
    const name = entryText(entry);
    const menu = iconButton(t("actionsFor", { name }), "more", () => showMenu([entry], menu),
      { "aria-haspopup": "menu" });
    return [iconButton(t("restoreName", { name }), "restore", () => restore([entry])), menu];
  }

  function showMenu(chosen, anchor) {
    const isOne = chosen.length === 1;
    const item = (label, symbol, run, kind) => ({ label: t(label), symbol, run: () => run(chosen), kind });
    openMenu([
      item("restore", "restore", restore),
      isOne ? item("restoreAs", "rename", () => restoreElsewhere(chosen[0]).catch(report)) : undefined,
      isOne && chosen[0].count === 1 ? item("download", "download", save) : undefined,
      null, item("purge", "trash", remove, "danger"),
    ].filter((each) => each !== undefined), anchor,
    t("actionsFor", { name: isOne ? entryText(chosen[0]) : t("entries", { count: chosen.length }) }));
  }

  function keys(event, chosen) {
    const run = { Delete: remove, r: restore, d: chosen.length === 1 && chosen[0].count === 1 ? save : null,
      F10: event.shiftKey ? () => showMenu(chosen, event.target.closest(".grid-row")) : null }[event.key];
    if (!run || event.ctrlKey || event.metaKey || event.altKey) return false;
    run(chosen);
    return true;
  }

  // What a person does

  async function save([entry]) {
    try {
      await downloadFrom(versionAddress(entry.id), entry.size);
      say(tn("downloadStarted", { name: shownName(nameOf(entry.path)) }));
    } catch (error) {
      report(error);
    }
  }

  /** Restores each; one whose path is taken is left for a question. */
  async function restore(chosen) {
    const done = [];
    const taken = [];
    try {
      for (const entry of chosen) {
        try {
          await call("restore", entry.count > 1 ? { p_entry_id: entry.entryId } : { p_id: entry.id });
          done.push(entry);
        } catch (error) {
          if (error.status !== 409) throw error;
          taken.push(entry);
        }
      }
    } catch (error) {
      report(error);
      return;
    } finally {
      if (done.length > 0) announceChange();
    }
    if (done.length > 0) sayRestored(done, taken);
    if (taken.length === 1 && chosen.length === 1) await restoreElsewhere(taken[0], true).catch(report);
    else if (taken.length > 0) {
      const values = { done: t("fileCount", { count: filesIn(done) }), count: taken.length };
      say(tn("restoredExcept", values), { isError: true });
    }
  }

  function sayRestored(done, taken = []) {
    if (taken.length > 0) return;
    const folder = done[0].isFolder ? done[0].path : folderOf(done[0].path);
    const action = { label: t("showInFolder"), run: () => { location.hash = folderAddress(folder); } };
    say(tn("restored", { name: named(done) }), { seconds: 10, action: done.length === 1 ? action : null });
  }

  /** Asks for another path: of the file, or of the folder in which all files of the entry are. */
  async function restoreElsewhere(entry, isTaken = false) {
    const isMany = entry.count > 1;
    const start = entry.isFolder || !isMany ? entry.path : "";
    const { field, input } = labelled(isMany ? t("folderPath") : t("filePath"), {
      value: await freePath(start, isMany), required: true,
      spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    });
    input.addEventListener("input", () => input.setCustomValidity(problemWith(normalized(input.value))));
    const explanation = isTaken ? [element("p", {}, ...tn("pathTaken", { name: shownEntry(entry) }))] : [];
    const restored = await askForm(t("restoreAs"), [...explanation, field], t("restore"), async () => {
      const path = normalized(input.value);
      if (!isMany) await call("restore", { p_id: entry.id, p_file_path: path });
      else for (const row of await rowsOf(entry)) {
        const below = row.file_path.slice(start === "" ? 0 : start.length + 1);
        await call("restore", { p_id: row.id, p_file_path: join(path, below) });
      }
      return path;
    });
    if (restored === undefined) return;
    announceChange();
    sayRestored([{ ...entry, path: restored, isFolder: isMany }]);
  }

  /** A path that nothing has: "letter (2).txt". */
  async function freePath(path, isFolder) {
    const name = path === "" ? t("restoredFolder") : nameOf(path);
    const taken = new Set();
    for (;;) {
      const free = join(folderOf(path), freeName(name, isFolder, taken));
      if (!await pathIsTaken(context.user.user_id, free)) return free;
      taken.add(nameOf(free));
    }
  }

  async function remove(chosen) {
    const size = shortSize(chosen.reduce((sum, entry) => sum + entry.size, 0));
    if (!await ask(t("purge"), tn("purgeText", { name: named(chosen), size }), t("purge"), "danger")) return;
    try {
      await purge(chosen);
      say(tn("purged", { name: named(chosen) }));
    } catch (error) {
      report(error);
    }
    announceChange();
  }

  async function restoreAll() {
    try {
      await list.all();
      const { entries } = list;
      const values = { files: t("fileCount", { count: filesIn(entries) }) };
      if (await ask(t("restoreAll"), tn("restoreAllText", values), t("restoreAll"))) await restore([...entries]);
    } catch (error) {
      report(error);
    }
  }

  /** Only what was there when the person agreed. */
  async function empty() {
    const { removed } = list.entries[0];
    if (!await ask(emptyLabel, tn("emptyText", { size: shortSize(bytes()) }), emptyLabel, "danger")) return;
    try {
      await request(`trash?${new URLSearchParams({ user_id: `eq.${context.user.user_id}`, reason: `eq.${reason}`,
        removed_at: `lte.${removed}` })}`, { method: "DELETE" });
      say([t("emptied")]);
    } catch (error) {
      report(error);
    }
    announceChange();
  }

  // The frame

  const restoreAllButton = button(t("restoreAll"), restoreAll, { symbol: "restore", hidden: true });
  const emptyLabel = isVersions ? t("emptyVersions") : t("emptyTrash");
  const emptyButton = button(emptyLabel, empty, { symbol: "trash", hidden: true });
  const tools = element("div", { class: "tools" },
    button(t("bringBack"), () => bringBack(context, ""), { symbol: "folder" }),
    isVersions ? null : restoreAllButton, emptyButton);
  const selectionText = element("span", { role: "status" });
  const selectionTools = element("div",
    { class: "tools selection", role: "toolbar", "aria-label": t("selection"), hidden: true },
    iconButton(t("clearSelection"), "close", () => grid.clear()), selectionText,
    button(t("restore"), () => restore(grid.selected), { symbol: "restore", kind: "quiet" }),
    button(t("purge"), () => remove(grid.selected), { symbol: "trash", kind: "quiet" }));

  function showSelection(chosen) {
    selectionTools.hidden = chosen.length === 0;
    tools.hidden = chosen.length > 0;
    selectionText.textContent = t("selected", { count: chosen.length });
  }

  const tab = (label, route, isHere) => element("a", { href: route, "aria-current": isHere ? "page" : null }, t(label));
  const view = element("section", { class: "view trash" },
    element("header", { class: "view-head" }, element("h1", { tabindex: -1 }, t("trash")), tools, selectionTools),
    element("div", { class: "view-sub" }, element("nav", { class: "tabs", "aria-label": t("trash") },
      tab("deletedFiles", "#/trash", !isVersions), tab("oldVersions", "#/trash/versions", isVersions)), status),
    content);

  let timer = null;
  changes.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(() => load().catch(report), 200);
  }, { signal });

  function start() {
    load({ keepPlace: false }).catch((error) => {
      if (error.name === "AbortError") return;
      if (error.status === 401) report(error);
      else content.replaceChildren(failed(error, start));
    });
  }
  start();
  return {
    element: view, title: t("trash"), leave: () => controller.abort(),
    focus: () => (list.entries.length > 0 ? grid.focus() : view.querySelector("h1").focus()),
  };
}
