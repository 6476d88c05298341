// The upload form. It fills in the path, asks before it replaces a file, shows progress, and can be cancelled.
import { ask } from "./confirm.js";
import { findFile } from "./files.js";
import { exactSize, shortSize } from "./format.js";
import { pathText, shownPath } from "./names.js";
import { report, say } from "./notice.js";
import { normalized, problemWith } from "./path.js";
import { checkRoom } from "./room.js";
import { UploadCancelled, upload } from "./upload.js";

const MAX_DESCRIPTION = 2000;

const form = document.getElementById("upload");
const chosen = document.getElementById("file");
const pathInput = document.getElementById("file-path");
const pathShown = document.getElementById("file-path-shown");
const description = document.getElementById("description");
const start = document.getElementById("start");
const transfer = document.getElementById("transfer");
const progress = document.getElementById("progress");
const progressText = document.getElementById("progress-text");
const cancel = document.getElementById("cancel");

let filledPath = "";
let running = null;

/** Fills in the chosen file's name as the path. Does not replace a typed path; appends the name to a typed folder. */
function fillPath() {
  const file = chosen.files[0];
  if (!file) return;
  const typed = pathInput.value;
  if (typed.endsWith("/")) pathInput.value = typed + file.name;
  else if (typed === "" || typed === filledPath) pathInput.value = file.name;
  filledPath = pathInput.value;
  checkPath();
}

function checkPath() {
  const path = normalized(pathInput.value);
  pathInput.setCustomValidity(path === "" ? "" : problemWith(path));
  // The field itself cannot show invisible characters.
  pathShown.hidden = pathText(path) === path;
  pathShown.replaceChildren("It will be called “", shownPath(path), "”.");
}

function checkDescription() {
  const tooLong = [...description.value].length > MAX_DESCRIPTION;
  description.setCustomValidity(tooLong ? `At most ${MAX_DESCRIPTION} characters.` : "");
}

function setRunning(controller) {
  running = controller;
  for (const field of [chosen, pathInput, description, start]) field.disabled = controller !== null;
  transfer.hidden = controller === null;
}

function showProgress(sent, size) {
  // Without a value the bar moves back and forth: everything has been sent, or the file is empty.
  if (sent < size) {
    progress.max = size;
    progress.value = sent;
  } else {
    progress.removeAttribute("value");
  }
  const percent = size === 0 ? 100 : Math.floor((100 * sent) / size);
  progressText.textContent = sent < size ? `${shortSize(sent)} of ${shortSize(size)} · ${percent} %` : "Storing…";
}

function askToReplace(path, existing) {
  const old = existing ? ` (${exactSize(existing.size_bytes)})` : "";
  const explanation = ["“", shownPath(path), `” exists already${old}. Its content will be replaced.`];
  return ask("Replace the file?", explanation, "Replace");
}

/** Looks for the path first, so that a large file is rarely sent in vain. */
async function store(userId, file, path, signal) {
  const existing = await findFile(userId, path);
  await checkRoom(file.size, existing?.size_bytes ?? 0);
  if (existing && !(await askToReplace(path, existing))) throw new UploadCancelled();
  const options = { description: description.value, signal, onProgress: (sent) => showProgress(sent, file.size) };
  signal.throwIfAborted();
  showProgress(0, file.size);
  try {
    await send(userId, file, path, { ...options, mayReplace: existing !== null });
  } catch (error) {
    // Another upload stored this path in the meantime.
    if (error.status !== 412) throw error;
    if (!(await askToReplace(path, null))) throw new UploadCancelled();
    await send(userId, file, path, { ...options, mayReplace: true });
  }
}

async function send(userId, file, path, options) {
  try {
    await upload(file, path, options);
  } catch (error) {
    if (error.status === 0) await askForReason(userId, file, path);
    throw error;
  }
}

/** If the server closed the connection, its reason is lost. Asks again, as the reason is most likely the same. */
async function askForReason(userId, file, path) {
  try {
    const existing = await findFile(userId, path);
    await checkRoom(file.size, existing?.size_bytes ?? 0);
  } catch (reason) {
    if (reason.status !== 0) throw reason;
  }
}

async function onSubmit(userId, onChange) {
  const file = chosen.files[0];
  const path = normalized(pathInput.value);
  const controller = new AbortController();
  progressText.textContent = "";
  progress.removeAttribute("value");
  setRunning(controller);
  say("Uploading “", shownPath(path), "”…");
  try {
    await store(userId, file, path, controller.signal);
    form.reset();
    checkPath();
    await onChange();
    say("Uploaded “", shownPath(path), "”.");
  } catch (error) {
    if (error instanceof UploadCancelled || controller.signal.aborted) say("The upload was cancelled.");
    else await reportAndRefresh(error, onChange);
  } finally {
    setRunning(null);
    chosen.focus();
  }
}

/** After a lost connection only the list shows whether the file was stored. */
async function reportAndRefresh(error, onChange) {
  if (error.status === 0) await onChange().catch(() => {});
  report(error);
}

/** @param {() => Promise<void>} onChange called when a file has been stored */
export function startUploadForm(userId, onChange) {
  chosen.addEventListener("change", fillPath);
  pathInput.addEventListener("input", checkPath);
  description.addEventListener("input", checkDescription);
  cancel.addEventListener("click", () => running?.abort());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (running === null) onSubmit(userId, onChange);
  });
  window.addEventListener("beforeunload", (event) => {
    if (running !== null) event.preventDefault();
  });
}
