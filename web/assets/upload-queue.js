// The uploads of this page: a bounded number at a time, with pause, cancel and retries after what passes by itself.
//
// An item is `{ file, path, name, size, modified, description, mustBeNew, replaced, batch }` and, of its progress,
// `state`, `sent` bytes, `reason` in words, and `upload`, the identifier of a resumable one. States: queued, sending,
// waiting (goes on by itself, or after a login), paused, interrupted (its page was closed; it needs its file again),
// failed, done.
import { whoAmI } from "./api.js";
import { announceChange, findFile } from "./files.js";
import { t } from "./strings.js";
import { createUpload, endUpload, offsetOf, sendPiece } from "./tus.js";
import { claim, forgetUpload, remember } from "./upload-records.js";
import { storeFile } from "./upload.js";

const IN_FLIGHT = 3;
/** Streamed uploads occupy a worker each, and others upload, too. */
const LARGE_IN_FLIGHT = 2;
/** Longer files are sent so that they can be continued. */
const SMALL_BYTES = 4 * 1024 * 1024;
/** About five minutes, after which a person decides. */
const MAX_FAILURES = 14;
const LONGEST_WAIT = 30;
const PASSING = new Set([0, 408, 425, 429, 500, 502, 503, 504]);
/** Truncated body, upload not found, another offset, upload taken: the offset decides how it goes on. */
const ASKS_AGAIN = new Set(["KF009", "KF050", "KF051", "KF054"]);
/** Other uploads are at work; this one's turn comes. */
const BUSY = "KF048";
/** How long it counts who is logged in, in milliseconds. */
const USER_CHECK = 5000;
const ANNOUNCE_INTERVAL = 1000;

const UNFINISHED = new Set(["queued", "sending", "waiting", "paused"]);
const isLarge = (item) => item.size > SMALL_BYTES;

/**
 * @param {object} context `user`
 * @param {object} handlers `changed()` after each change of an item; `decideTaken(item)` changes an item whose path was
 *   taken meanwhile, and says how; `explain(item)` throws a better reason, if there is one; `sessionEnded(error)`
 */
export function makeQueue(context, { changed, decideTaken, explain, sessionEnded }) {
  const items = [];
  const running = new Set();
  const userId = context.user.user_id;
  let checked = 0;
  let announcing = null;

  function set(item, state, reason = "") {
    Object.assign(item, { state, reason });
    changed();
  }

  /** Of many small files, every one would make the page ask for the list and the usage anew. */
  function announceSoon() {
    announcing ??= setTimeout(() => {
      announcing = null;
      announceChange();
    }, running.size > 1 ? ANNOUNCE_INTERVAL : 0);
  }

  function start() {
    changed();
    // Without a session, the others would fail, too.
    if (items.some(({ needsLogin }) => needsLogin)) return;
    let large = [...running].filter(isLarge).length;
    for (const item of items) {
      if (running.size >= IN_FLIGHT) break;
      if (item.state !== "queued" || running.has(item) || (isLarge(item) && large >= LARGE_IN_FLIGHT)) continue;
      if (isLarge(item)) large += 1;
      run(item);
    }
  }

  async function run(item) {
    running.add(item);
    item.controller = new AbortController();
    set(item, "sending");
    try {
      await sendWithRetries(item, item.controller.signal);
      drop(item);
      item.sent = item.size;
      set(item, "done");
      announceSoon();
    } catch (error) {
      if (!item.controller.signal.aborted) await end(item, error).catch((other) => set(item, "failed", other.message));
    } finally {
      running.delete(item);
      item.stopped?.();
      start();
    }
  }

  async function end(item, error) {
    if (error.status === 401) {
      item.needsLogin = true;
      set(item, "waiting", error.message);
      sessionEnded(error);
    } else if (error.status === 412) {
      await endTaken(item);
    } else {
      set(item, "failed", error.message);
    }
  }

  async function endTaken(item) {
    set(item, "waiting", t("existsReason"));
    const answer = await decideTaken(item);
    await discard(item);
    if (item.state === "cancelled") return;
    if (answer === "skip") cancel(item);
    else set(item, answer === undefined ? "failed" : "queued", answer === undefined ? t("existsReason") : "");
  }

  async function sendWithRetries(item, signal) {
    for (let failures = 0; ; failures += 1) {
      const before = item.sent;
      try {
        await checkUser();
        await transfer(item, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (error.status === 0) item.isDoubtful = true;
        await throwReason(item, error);
        if (item.sent > before) failures = 0;
        if (error.code === BUSY) failures = Math.min(failures, 3);
        if (failures >= MAX_FAILURES) throw error;
        await waitToRetry(item, error, failures, signal);
        set(item, "sending");
      }
    }
  }

  /** In another window somebody else may have logged in meanwhile. */
  async function checkUser({ isRecent = document.hasFocus() && Date.now() < checked + USER_CHECK } = {}) {
    if (isRecent) return;
    if ((await whoAmI()).user_id !== userId) throw new Error(t("uploadOtherUser"));
    checked = Date.now();
  }

  async function transfer(item, signal) {
    const onProgress = (sent) => { item.sent = Math.min(sent, item.size); };
    if (isLarge(item)) {
      await sendResumable(item, signal, onProgress);
    } else {
      if (item.isDoubtful && await isStored(item)) return;
      await storeFile(item, { signal, onProgress });
    }
  }

  async function sendResumable(item, signal, onProgress) {
    let offset = 0;
    if (item.upload) {
      const known = await offsetOf(item.upload, signal);
      if (known === null) {
        await checkUser({ isRecent: false });
        drop(item);
        if (await isStored(item)) return;
      }
      offset = known ?? 0;
      onProgress(offset);
    }
    if (!item.upload) await create(item);
    while (offset < item.size) {
      signal.throwIfAborted();
      offset = await sendPiece(item.upload, item.file, offset, { signal, onProgress });
      onProgress(offset);
    }
  }

  async function create(item) {
    await checkUser({ isRecent: false });
    item.upload = await createUpload(item);
    item.release = claim(item.upload);
    const { upload: id, path, name, size, modified, description, mustBeNew } = item;
    remember(userId, { id, path, name, size, modified, description, mustBeNew });
  }

  /** Whether an attempt whose answer was lost has come to its end. */
  async function isStored(item) {
    const found = await findFile(userId, item.path);
    return found !== null && found.size === item.size && found.sha256 !== item.replaced?.sha256
      && Math.abs(Date.parse(found.changed) - item.modified) < 1000;
  }

  /** Throws unless it helps to try again. */
  async function throwReason(item, error) {
    if (error.status === 413) await explain(item);
    if (error.status === 0) {
      if (!(await isReadable(item))) throw new Error(t("uploadChanged"));
      if (!item.upload && !(await isStored(item).catch(() => true))) await explain(item);
    }
    if (!PASSING.has(error.status) && !ASKS_AGAIN.has(error.code)) throw error;
  }

  async function waitToRetry(item, error, failures, signal) {
    const isOffline = !navigator.onLine;
    set(item, "waiting", isOffline ? t("uploadOffline") : t("uploadRetrying", { reason: error.message }));
    const seconds = (error.retryAfter ?? Math.min(2 ** failures, LONGEST_WAIT)) * (0.75 + Math.random() / 2);
    const woken = new AbortController();
    await new Promise((resolve) => {
      item.wake = resolve;
      if (!isOffline) setTimeout(resolve, seconds * 1000);
      window.addEventListener("online", resolve, { signal: woken.signal });
      signal.addEventListener("abort", resolve, { signal: woken.signal });
    });
    woken.abort();
    item.wake = null;
    signal.throwIfAborted();
  }

  /** The item has no resumable upload any more. */
  function drop(item) {
    if (!item.upload) return;
    forgetUpload(userId, item.upload);
    item.release?.();
    item.upload = null;
  }

  async function discard(item) {
    const { upload } = item;
    drop(item);
    item.sent = 0;
    if (upload) await endUpload(upload).catch(() => {});
  }

  /** Ends the requests of an item. */
  async function stop(item) {
    if (!running.has(item)) return;
    const stopped = new Promise((resolve) => { item.stopped = resolve; });
    item.controller.abort();
    await stopped;
  }

  async function pause(item) {
    if (!["queued", "sending", "waiting"].includes(item.state)) return;
    item.needsLogin = false;
    set(item, "paused");
    await stop(item);
    if (!item.upload && item.state === "paused") item.sent = 0;
    changed();
  }

  /** Goes on with what is paused, has failed, or waits. */
  function resume(item) {
    if (item.wake) {
      item.wake();
    } else if (item.needsLogin) {
      for (const each of items.filter(({ needsLogin }) => needsLogin)) {
        each.needsLogin = false;
        if (each.state === "waiting") set(each, "queued");
      }
    } else if (["paused", "failed"].includes(item.state)) {
      set(item, "queued");
    }
    start();
  }

  async function cancel(item) {
    // A second click may come before the row is gone.
    if (item.state === "cancelled") return;
    const wasSending = running.has(item);
    items.splice(items.indexOf(item), 1);
    item.state = "cancelled";
    changed();
    await stop(item);
    await discard(item);
    // What was under way may have come to its end.
    if (wasSending) announceChange();
    start();
  }

  function add(added) {
    for (const item of added) {
      if (item.upload) item.release = claim(item.upload);
      items.push(item);
    }
    start();
  }

  return {
    items, add, pause, resume, cancel,
    /** Gives an interrupted item its file again. */
    attach(item, file) {
      item.file = file;
      set(item, "queued");
      start();
    },
    clearDone() {
      for (const item of items.filter(({ state }) => state === "done")) items.splice(items.indexOf(item), 1);
      changed();
    },
    get unfinished() {
      return items.filter(({ state }) => UNFINISHED.has(state));
    },
  };
}

async function isReadable({ file, sent }) {
  try {
    await file.slice(sent, sent + 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
