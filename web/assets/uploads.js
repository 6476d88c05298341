// Uploads as the page uses them: what was chosen, dropped or pasted comes into the queue, which the panel shows.
import { element } from "./dom.js";
import { filesBelow, pastedName } from "./dropped.js";
import { announceChange, createFolder, join } from "./files.js";
import { exactSize, shortSize } from "./format.js";
import { pathText, shownName, shownPath } from "./names.js";
import { normalized, problemWith } from "./path.js";
import { t, tn } from "./strings.js";
import { offsetOf } from "./tus.js";
import { makePanel } from "./upload-panel.js";
import { decideTaken, explain, planUploads } from "./upload-plan.js";
import { makeQueue } from "./upload-queue.js";
import { forgetUpload, forgetUploads, interruptedUploads } from "./upload-records.js";
import { ask, askForm, labelled, report, say } from "./ui.js";

const MAX_DESCRIPTION = 2000;
const MAX_LISTED = 100;

/** @param {object} context what the page offers to its views, see app.js */
export function startUploads(context) {
  const userId = context.user.user_id;
  const queue = makeQueue(context, { changed: () => panel.update(), decideTaken, explain, sessionEnded: report });
  const panel = makePanel(queue, { chosenAgain, cancelAll });

  /** @returns {Promise<boolean>} false if the person cancelled */
  async function enqueue(wanted, description = "") {
    const pending = queue.unfinished.reduce((total, { size }) => total + size, 0);
    const items = await planUploads(context, wanted, { description, pending });
    if (items === null) return false;
    queue.clearDone();
    queue.add(items);
    return true;
  }

  async function addChosen(files, folder) {
    if (files.length === 0) return;
    const place = placeField(files, folder);
    const { field, input: description } = labelled(t("descriptionOptional"), {}, { control: element("textarea", { rows: 2 }) });
    description.addEventListener("input", () => {
      const isLong = [...description.value].length > MAX_DESCRIPTION;
      description.setCustomValidity(isLong ? t("descriptionLong", { max: MAX_DESCRIPTION }) : "");
    });
    await askForm(t("uploadTitle", { count: files.length }), [chosenList(files), ...place.fields, field], t("upload"),
      () => enqueue(place.wanted(), description.value), { className: "upload-dialog" });
  }

  async function addDropped(entries, files, folder) {
    if (entries.length === 0) {
      await enqueue(files.map((file) => ({ file, path: join(folder, file.name) })));
      return;
    }
    const found = await filesBelow(entries);
    for (const path of found.folders) await createFolder(normalized(join(folder, path))).catch(ignoreTaken);
    if (found.folders.length > 0) announceChange();
    if (found.unreadable > 0) say([t("unreadable", { count: found.unreadable })], { isError: true });
    if (found.files.length > 0) await enqueue(found.files.map(({ file, path }) => ({ file, path: join(folder, path) })));
  }

  function addPasted(files, folder) {
    return enqueue(files.map((file) => ({ file, path: join(folder, pastedName(file, t("pastedImage"))) })));
  }

  /** Goes on with interrupted uploads of which these are the files. */
  function chosenAgain(files) {
    const interrupted = queue.items.filter(({ state }) => state === "interrupted");
    let count = 0;
    for (const item of interrupted) {
      const file = files.find(({ name, size, lastModified }) =>
        name === item.name && size === item.size && Math.max(lastModified, 0) === item.modified);
      if (!file) continue;
      count += 1;
      queue.attach(item, file);
    }
    if (count === 0) say([t("notTheFiles")], { isError: true });
  }

  /** Uploads of an earlier page; those that the server no longer has are forgotten. */
  async function recover() {
    for (const record of await interruptedUploads(userId)) {
      const offset = await offsetOf(record.id).catch(() => 0);
      if (offset === null || offset === record.size) {
        forgetUpload(userId, record.id);
        if (offset !== null) announceChange();
        continue;
      }
      const { id, ...values } = record;
      queue.add([{ ...values, upload: id, sent: offset, state: "interrupted", reason: "", batch: { answer: null } }]);
    }
  }

  async function cancelAll() {
    const unfinished = queue.items.filter(({ state }) => state !== "done");
    const count = unfinished.filter(({ state }) => state !== "failed").length;
    if (count > 0 && !(await ask(t("stopAllTitle"), [t("stopAllText", { count })], t("stopAll"), "danger"))) return;
    await Promise.all(unfinished.map(queue.cancel));
    queue.clearDone();
  }

  window.addEventListener("beforeunload", (event) => {
    if (queue.unfinished.length > 0) event.preventDefault();
  });
  recover().catch(report);

  return {
    addChosen, addDropped, addPasted,
    get isActive() {
      return queue.unfinished.length > 0;
    },
    askToLeave: () => ask(t("leaveTitle"), [t("stopAllText", { count: queue.unfinished.length })], t("logOut"), "danger"),
    /** Before the session ends for good: gives up all uploads. */
    async forget() {
      await Promise.all(queue.items.filter(({ state }) => state !== "done").map(queue.cancel));
      forgetUploads(userId);
    },
    /** After a new login. */
    resume() {
      const item = queue.items.find(({ needsLogin }) => needsLogin);
      if (item) queue.resume(item);
    },
  };
}

/** The folder may be there already, but not a file of its name. */
function ignoreTaken(error) {
  if (error.status !== 409 || !error.message.startsWith("The folder exists")) throw error;
}

/** The field for the path of one file, or for the folder of several. */
function placeField(files, folder) {
  const isOne = files.length === 1 && !files[0].webkitRelativePath;
  const { field, input } = labelled(t("filePath"), {
    value: isOne ? join(folder, files[0].name) : folder, required: isOne, spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    // On a phone the keyboard would cover the dialog.
    autofocus: matchMedia("(pointer: fine)").matches,
  }, { hint: t(isOne ? "pathHint" : "folderHint") });
  const shown = element("p", { class: "hint", hidden: true });
  const place = () => {
    const path = normalized(input.value);
    if (!isOne) return path.replace(/\/$/, "");
    return path.endsWith("/") ? path + normalized(files[0].name) : path;
  };
  const check = () => {
    const path = place();
    input.setCustomValidity(path === "" ? "" : problemWith(path));
    // The field itself cannot show invisible characters.
    shown.hidden = pathText(path) === path;
    shown.replaceChildren(...tn("willBeCalled", { name: shownPath(path) }));
  };
  input.addEventListener("input", check);
  check();
  return {
    fields: [field, shown],
    wanted: () => files.map((file) => ({
      file, path: isOne ? place() : join(place(), file.webkitRelativePath || file.name),
    })),
  };
}

function chosenList(files) {
  const rows = files.slice(0, MAX_LISTED).map((file) => element("li", {},
    element("span", {}, shownName(file.webkitRelativePath || file.name)),
    element("span", { class: "hint", title: exactSize(file.size) }, shortSize(file.size))));
  const total = shortSize(files.reduce((sum, { size }) => sum + size, 0));
  return element("div", {},
    element("ul", { class: "chosen", "aria-label": t("chosenFiles"), tabindex: files.length > 4 ? 0 : null }, ...rows),
    files.length > 1 ? element("p", { class: "hint" }, t("chosenTotal", { files: t("fileCount", { count: files.length }), size: total })) : null);
}
