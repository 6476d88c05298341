// Uploads as the page uses them: what was chosen, dropped or pasted comes into the queue, which the panel shows.
import { element } from "./dom.js";
import { filesBelow, pastedName } from "./dropped.js";
import { announceChange, createFolder, join } from "./files.js";
import { exactSize, shortSize } from "./format.js";
import { askToLogIn } from "./login-dialog.js";
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
/** From so many files on it takes a moment to ask for their paths. */
const MANY = 100;

/** @param {object} context what the page offers to its views, see app.js */
export function startUploads(context) {
  const userId = context.user.user_id;
  const queue = makeQueue(context, { changed: () => panel.update(), decideTaken, explain, sessionEnded: report });
  const panel = makePanel(queue, { chosenAgain, cancelAll });

  /** @returns {Promise<boolean>} false if the person cancelled */
  async function enqueue(wanted, description = "") {
    // Who chooses a file once more goes on with its interrupted upload.
    const fresh = wanted.filter(({ file, path }) => !attach(file, normalized(path)));
    if (fresh.length === 0) return true;
    const pending = queue.unfinished.reduce((total, { size }) => total + size, 0);
    const endMessage = fresh.length > MANY ? say([t("preparing", { count: fresh.length })], { seconds: 0 }) : () => {};
    try {
      const items = await planUploads(context, fresh, { description, pending });
      if (items === null) return false;
      queue.clearDone();
      queue.add(items);
      return true;
    } catch (error) {
      // What was chosen would be lost with the page.
      if (error.status !== 401 || !(await askToLogIn(context.user.email))) throw error;
      return enqueue(fresh, description);
    } finally {
      endMessage();
    }
  }

  async function addChosen(files, folder) {
    if (files.length === 0) return;
    const place = placeField(files, folder);
    const control = element("textarea", { rows: 2 });
    const { field, input: description } = labelled(t("description"), {}, { control });
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
    const wanted = found.files.map(({ file, path }) => ({ file, path: join(folder, path) }));
    if (wanted.length > 0) await enqueue(wanted);
  }

  function addPasted(files, folder) {
    return enqueue(files.map((file) => ({ file, path: join(folder, pastedName(file, t("pastedImage"))) })));
  }

  /**
   * Goes on with the interrupted upload of a file.
   * @returns {boolean} whether there is one, to this path if it is given
   */
  function attach(file, path = null) {
    const time = Math.max(file.lastModified, 0);
    const item = queue.items.find((one) => one.state === "interrupted" && one.name === file.name
      && one.size === file.size && one.modified === time && (path === null || one.path === path));
    if (item) queue.attach(item, file);
    return item !== undefined;
  }

  function chosenAgain(files) {
    const found = files.map((file) => attach(file));
    if (!found.includes(true)) say([t("notTheFiles")], { isError: true });
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
    askToLeave() {
      return ask(t("leaveTitle"), [t("stopAllText", { count: queue.unfinished.length })], t("logOut"), "danger");
    },
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
    value: isOne ? join(folder, files[0].name) : folder, required: isOne,
    spellcheck: "false", autocapitalize: "off", autocomplete: "off",
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
  const size = shortSize(files.reduce((sum, file) => sum + file.size, 0));
  const total = t("chosenTotal", { files: t("fileCount", { count: files.length }), size });
  return element("div", {},
    element("ul", { class: "chosen", "aria-label": t("chosenFiles"), tabindex: files.length > 2 ? 0 : null }, ...rows),
    files.length > 1 ? element("p", { class: "hint" }, total) : null);
}
