// What a person does with chosen files and folders. Each takes the view's context and the entries.
import { element, icon } from "./dom.js";
import {
  announceChange, archiveAddress, copyEntry, createFolder, deleteEntries, download, folderOf, isGone, join, listFolder,
  moveEntry, save, undelete,
} from "./files.js";
import { openMenu as menu } from "./menu.js";
import { pathText, shownName, shownPath, shownProse } from "./names.js";
import { normalized, problemWithName } from "./path.js";
import { t, tn } from "./strings.js";
import { askForm, button, labelled, openDialog, report, say } from "./ui.js";

/** What stands for the entries in a sentence: the name of one, or how many. */
const named = (entries) => (entries.length === 1
  ? tn("quoted", { name: shownName(entries[0].name) })
  : [t("entries", { count: entries.length })]);

export function openMenu(context, entries, anchor) {
  const [entry] = entries;
  const isOne = entries.length === 1;
  const item = (label, symbol, run, kind) =>
    ({ label: t(label), symbol, kind, run: () => run(context, entries).catch(report) });
  menu([
    isOne && !entry.isFolder ? item("preview", "eye", preview) : null,
    item("download", "download", downloadAll),
    null,
    isOne ? item("rename", "rename", rename) : null,
    item("move", "move", move),
    item("copy", "copy", copy),
    isOne ? item("details", "details", details) : null,
    null,
    item("delete", "trash", remove, "danger"),
  ].filter((each, index, all) => each !== null || (index > 0 && all[index - 1] !== null)), anchor,
  t("actionsFor", { name: isOne ? pathText(entry.name) : t("entries", { count: entries.length }) }));
}

// Download

export async function downloadAll(context, entries) {
  if (entries.length === 1) await download(entries[0]);
  else save(archiveAddress(entries.map((entry) => entry.path)));
  say(tn("downloadStarted", { name: named(entries) }));
}

// Delete

/** Without a question, since it can be undone. */
export async function remove(context, entries) {
  try {
    await deleteEntries(entries);
  } finally {
    announceChange();
  }
  const canUndo = context.user.trash_days > 0;
  const undo = async () => {
    try {
      await undelete(context.user.user_id, entries);
      say(tn("restored", { name: named(entries) }));
    } catch (error) {
      report(error);
    }
    announceChange();
  };
  say(tn(canUndo ? "movedToTrash" : "deleted", { name: named(entries) }),
    { seconds: 10, action: canUndo ? { label: t("undo"), run: undo } : null });
}

// Names

function nameField(label, value) {
  const { field, input } = labelled(label, {
    value, required: true, spellcheck: "false", autocapitalize: "off", autocomplete: "off",
  });
  input.addEventListener("input", () => input.setCustomValidity(problemWithName(normalized(input.value))));
  return { field, input, name: () => normalized(input.value) };
}

export async function newFolder(context) {
  const { field, name } = nameField(t("folderName"), "");
  const made = await askForm(t("newFolder"), [field], t("create"), async () => {
    await createFolder(join(context.folder, name()));
    return name();
  });
  if (made === undefined) return;
  announceChange();
  say(tn("folderCreated", { name: shownName(made) }));
}

export async function rename(context, [entry]) {
  const { field, input, name } = nameField(t("newName"), entry.name);
  const dialog = askForm(t("rename"), [field], t("rename"), async () => {
    if (name() !== entry.name) await moveEntry(entry, join(folderOf(entry.path), name()));
    return name();
  });
  // The extension stays as it is, unless the person selects it, too.
  const dot = entry.isFolder ? -1 : entry.name.lastIndexOf(".");
  input.focus();
  input.setSelectionRange(0, dot > 0 ? dot : entry.name.length);
  const renamed = await dialog;
  if (renamed === undefined || renamed === entry.name) return;
  announceChange();
  say(tn("renamed", { name: shownName(renamed) }));
}

// Move and copy

export const move = (context, entries) => intoChosen(context, entries, "move");
export const copy = (context, entries) => intoChosen(context, entries, "copy");

async function intoChosen(context, entries, kind) {
  const folder = await chooseFolder(t(`${kind}To`), context.folder ?? folderOf(entries[0].path), t(`${kind}Here`));
  if (folder === undefined) return;
  if (kind === "move") await moveInto(context, entries, folder);
  else await copyInto(context, entries, folder);
}

export async function moveInto(context, entries, folder) {
  const moved = entries.filter((entry) => folderOf(entry.path) !== folder);
  if (moved.length === 0) return;
  try {
    for (const entry of moved) await moveEntry(entry, join(folder, entry.name));
  } finally {
    announceChange();
  }
  const undo = async () => {
    try {
      for (const entry of moved) {
        const there = { ...entry, path: join(folder, entry.name) };
        await moveEntry(there, entry.path);
      }
    } catch (error) {
      report(error);
    }
    announceChange();
  };
  say(tn("moved", { name: named(moved), folder: folderName(folder) }),
    { seconds: 10, action: { label: t("undo"), run: undo } });
}

async function copyInto(context, entries, folder) {
  try {
    const taken = await namesIn(folder);
    for (const entry of entries) {
      const name = freeName(entry.name, entry.isFolder, taken);
      await copyEntry(entry, join(folder, name));
      taken.add(name);
    }
  } finally {
    announceChange();
  }
  say(tn("copied", { name: named(entries), folder: folderName(folder) }));
}

const folderName = (folder) => (folder === "" ? t("files") : shownPath(folder));

async function namesIn(folder) {
  const names = new Set();
  let page = { entries: [], isLast: false };
  while (!page.isLast) {
    page = await listFolder(folder, page.entries.at(-1)?.cursor ?? null);
    for (const { name } of page.entries) names.add(name);
  }
  return names;
}

/** "letter.txt" → "letter (2).txt" where the first is taken */
export function freeName(name, isFolder, taken) {
  const dot = isFolder ? -1 : name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${stem} (${number})${extension}`;
  return free;
}

/** Asks for a folder, one level at a time. @returns {Promise<string | undefined>} */
export function chooseFolder(title, start, consent) {
  let folder = start;
  return openDialog(title, (close) => {
    const list = element("ul", { class: "folder-list", "aria-label": t("folders") });
    const here = element("p", { class: "here" });
    const problem = element("p", { class: "problem", role: "alert" });

    /** The folder is chosen at once: who is quick does not wait for what is in it. */
    async function show(path) {
      folder = path;
      here.replaceChildren(icon("folder"), folderName(path));
      try {
        const folders = await foldersIn(path);
        if (folder !== path) return;
        const up = path === "" ? [] : [row(t("parentFolder"), "up", folderOf(path))];
        list.replaceChildren(...up, ...folders.map((each) => row(shownName(each.name), "folder", each.path)));
        if (up.length + folders.length === 0) list.append(element("li", { class: "none" }, t("noFolders")));
        problem.textContent = "";
      } catch (error) {
        if (isGone(error) && path !== "") show("");
        else if (error.status === 401) report(error);
        else problem.replaceChildren(shownProse(error.message));
      }
    }

    const row = (name, symbol, path) =>
      element("li", {}, element("button", { type: "button", onclick: () => show(path) }, icon(symbol), name));

    async function addFolder() {
      const { field, name } = nameField(t("folderName"), "");
      const made = await askForm(t("newFolder"), [field], t("create"), async () => {
        await createFolder(join(folder, name()));
        return name();
      });
      if (made === undefined) return;
      announceChange();
      show(join(folder, made));
    }

    show(folder);
    return [here, list, problem, element("div", { class: "actions" },
      button(t("newFolder"), addFolder, { kind: "quiet start", symbol: "new-folder" }),
      button(t("cancel"), () => close()), button(consent, () => close(folder), { kind: "primary" }))];
  }, { className: "picker" });
}

async function foldersIn(path) {
  const folders = [];
  let page = { entries: [], isLast: false };
  // Folders come first.
  while (!page.isLast && page.entries.every((entry) => entry.isFolder)) {
    page = await listFolder(path, page.entries.at(-1)?.cursor ?? null);
    folders.push(...page.entries.filter((entry) => entry.isFolder));
  }
  return folders;
}

// Views of one file

export async function details(context, [entry]) {
  const { showDetails } = await import("./details.js");
  await showDetails(context, entry);
}

/** Arrow keys go on among the files of the view. */
export async function preview(context, [entry]) {
  const { showPreview } = await import("./preview.js");
  await showPreview(context, entry, context.files?.() ?? [entry]);
}
