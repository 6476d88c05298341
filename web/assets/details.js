// What there is to know about one file or folder, in a panel at the side: with its versions, and what can be done.
import { call, read } from "./api.js";
import { copy, downloadAll, move, remove, rename } from "./actions.js";
import { folderAddress } from "./browse.js";
import { element, icon } from "./dom.js";
import { announceChange, changeFile, downloadFrom, fileById, folderOf, versionAddress } from "./files.js";
import { bothSizes, shortSize, shortTime } from "./format.js";
import { shownName, shownPath, shownProse } from "./names.js";
import { t } from "./strings.js";
import {
  button, dateAndTime, iconButton, labelled, openDialog, report, say, timeElement,
} from "./ui.js";

/** Versions in one answer. */
const SHOWN_VERSIONS = 100;

/** @returns {Promise<object | null>} the entry as it is afterwards, null if it is gone */
export async function showDetails(context, entry) {
  let current = entry;
  let isGone = false;
  const title = element("span");
  const facts = element("dl", { class: "facts" });
  const versions = element("section", { class: "versions" });
  const description = descriptionForm((text) => describe(text));

  await openDialog(title, (close) => {
    const leave = () => {
      isGone = true;
      close();
    };
    const run = (label, symbol, action) => button(t(label), () => act(action).catch(report), { symbol });

    async function act(action) {
      // Of a folder only its path is known, which is another one then; and a message must not be below the panel.
      if (action === remove || (current.isFolder && action !== downloadAll)) leave();
      try {
        await action(context, [current]);
      } catch (error) {
        isGone = false;
        throw error;
      }
      if (!isGone && action !== downloadAll) await reload(leave);
    }

    const tools = element("div", { class: "tools" }, run("download", "download", downloadAll),
      run("rename", "rename", rename), run("move", "move", move), run("copy", "copy", copy),
      run("delete", "trash", remove));
    show();
    if (entry.isFolder) return [tools, facts, element("div", { class: "note" }, ...bringBackNote(leave))];
    reload(leave).catch(report);
    return [tools, facts, description.element, versions];
  }, { className: "panel" });
  return isGone ? null : current;

  // What is shown

  async function reload(leave) {
    const found = await fileById(current.id);
    if (found === null) {
      leave();
      announceChange();
      say([t("fileGone")], { isError: true });
      return;
    }
    current = found;
    show();
    await showVersions();
  }

  function show() {
    title.replaceChildren(shownName(current.name));
    const changed = current.changed && dateAndTime(current.changed);
    const values = current.isFolder
      ? [["path", shownPath(current.path)], ["contains", t("fileCount", { count: current.count ?? 0 })],
        ["size", bothSizes(current.size ?? 0)]]
      : [["path", pathLink()], ["size", bothSizes(current.size)], ["type", shownName(current.type)],
        ["changed", changed], ["created", current.created && dateAndTime(current.created)],
        ["sha256", current.sha256 && digest()]];
    facts.replaceChildren(...values.filter(([, value]) => value).flatMap(([label, value]) =>
      [element("dt", {}, t(label)), element("dd", {}, value)]));
    description.show(current.description);
  }

  /** Opens the folder, which is another one after a search. */
  function pathLink() {
    return element("a", { href: folderAddress(folderOf(current.path)), title: t("showInFolder"),
      onclick: (event) => event.currentTarget.closest("dialog").close() }, shownPath(current.path));
  }

  function digest() {
    const copied = element("span", { class: "unseen", role: "status" });
    const mark = iconButton(t("copyDigest"), "copy", async () => {
      try {
        await navigator.clipboard.writeText(current.sha256);
        copied.textContent = t("digestCopied");
        mark.replaceChildren(icon("check"));
      } catch {
        getSelection().selectAllChildren(code);
      }
    });
    const code = element("code", {}, current.sha256);
    return element("span", { class: "digest" }, code, mark, copied);
  }

  async function describe(text) {
    await changeFile(current.id, { description: text === "" ? null : text });
    current = { ...current, description: text };
    announceChange();
  }

  // Versions

  function newestVersions(limit) {
    return read(`trash?${new URLSearchParams({
      select: "id,size_bytes,removed_at", user_id: `eq.${context.user.user_id}`, file_id: `eq.${current.id}`,
      reason: "eq.replaced", order: "removed_at.desc,id", limit,
    })}`);
  }

  async function showVersions() {
    const rows = await newestVersions(SHOWN_VERSIONS);
    const { version_days: days } = context.user;
    versions.replaceChildren(element("h3", {}, t("versions")), rows.length > 0
      ? element("ul", {}, ...rows.map(versionItem))
      : element("p", { class: "hint" }, days > 0 ? t("noVersions", { count: days }) : t("versionsOff")));
  }

  function versionItem(row) {
    const when = shortTime(new Date(row.removed_at));
    return element("li", {}, element("span", {}, timeElement(row.removed_at, t("until", { time: when })),
      element("span", { class: "hint" }, shortSize(row.size_bytes))),
    iconButton(t("restoreVersion", { time: when }), "restore", () => restoreVersion(row).catch(report)),
    iconButton(t("downloadVersion", { time: when }), "download", () =>
      downloadFrom(versionAddress(row.id), row.size_bytes).catch(report)));
  }

  async function restoreVersion(row) {
    // The server keeps no version of an empty content.
    const canUndo = current.size > 0 && context.user.version_days > 0;
    await call("restore", { p_id: row.id });
    announceChange();
    await reload(() => {});
    const undo = () => undoRestore().catch(report);
    say([t("versionRestored")], { seconds: 10, action: canUndo ? { label: t("undo"), run: undo } : null });
  }

  async function undoRestore() {
    const [last] = await newestVersions(1);
    if (last) await call("restore", { p_id: last.id });
    announceChange();
    await reload(() => {});
  }

  function bringBackNote(leave) {
    if (context.user.trash_days === 0 && context.user.version_days === 0) return [];
    return [element("p", { class: "hint" }, t("bringBackHint")), button(t("bringBackFolder"), async () => {
      leave();
      (await import("./bring-back.js")).bringBack(context, current.path);
    }, { symbol: "restore" })];
  }
}

/** The description as text, and as a field while it is edited. */
function descriptionForm(save) {
  const text = element("p", { class: "prose" });
  const edit = iconButton(t("editDescription"), "rename", () => setEditing(true));
  const view = element("div", { class: "editable" }, text, edit);
  const area = element("textarea", { rows: 4 });
  const { field } = labelled(t("description"), {}, { control: area });
  const problem = element("p", { class: "problem", role: "alert" });
  const form = element("form", { class: "form", hidden: true }, field, problem, element("div", { class: "actions" },
    button(t("cancel"), () => setEditing(false)), button(t("save"), () => {}, { kind: "primary", type: "submit" })));
  let value = "";

  function show(next) {
    value = next;
    text.replaceChildren(value === "" ? t("noDescription") : shownProse(value));
    text.classList.toggle("hint", value === "");
  }

  function setEditing(isEditing) {
    form.hidden = !isEditing;
    view.hidden = isEditing;
    area.value = value;
    problem.textContent = "";
    (isEditing ? area : edit).focus();
  }

  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    if (event.key !== "Escape") return;
    // Escape ends the editing, not the panel.
    event.preventDefault();
    setEditing(false);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await save(area.value);
      show(area.value);
      setEditing(false);
      say([t("saved")]);
    } catch (error) {
      if (error.status === 401) report(error);
      else problem.replaceChildren(shownProse(error.message));
    }
  });
  return { element: element("section", {}, element("h3", {}, t("description")), view, form), show };
}
