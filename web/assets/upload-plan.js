// What is decided before a byte is sent: whether the files may be called so, whether they fit, and what happens where a
// path is taken. A server that refuses a long body early closes the connection, and browsers then report no reason.
import { freeName } from "./actions.js";
import { whoAmI } from "./api.js";
import { element } from "./dom.js";
import { findFile, findFiles, folderOf, join, nameOf } from "./files.js";
import { bothSizes } from "./format.js";
import { shownName, shownPath } from "./names.js";
import { normalized, problemWith } from "./path.js";
import { t, tn } from "./strings.js";
import { button, openDialog } from "./ui.js";

const MAX_NAMED = 5;

/**
 * Makes items for the queue.
 * @param {object} context `user`
 * @param {{file: File, path: string, name?: string}[]} wanted
 * @param {{description?: string, pending?: number}} options `pending` bytes that other uploads will take
 * @returns {Promise<object[] | null>} null if the person cancelled; those that cannot be sent have failed already
 * @throws {Error} with both figures if they do not fit
 */
export async function planUploads(context, wanted, { description = "", pending = 0 } = {}) {
  const account = await whoAmI();
  const batch = { answer: null };
  const items = wanted.map(({ file, path }) => makeItem(file, normalized(path), description, batch, account));
  if (items.length === 1 && items[0].state === "failed") throw new Error(items[0].reason);
  const ready = items.filter(({ state }) => state === "queued");
  const found = await findFiles(account.user_id, ready.map(({ path }) => path));
  const known = new Map(found.map((entry) => [entry.path, entry]));
  // Of several new files with one path, all but the first get another one.
  const planned = new Set();
  const twins = ready.filter(({ path }) => planned.size === planned.add(path).size);
  const taken = ready.filter((item) => known.has(item.path) && !twins.includes(item));
  for (const item of taken) item.replaced = known.get(item.path);
  if (ready.length === 1) requireRoom(account, ready, pending);
  let skipped = [];
  if (taken.length > 0) {
    batch.answer = askAboutTaken(account, taken, ready.length);
    const answer = await batch.answer;
    if (answer === undefined) return null;
    if (answer === "skip") skipped = taken;
    if (answer === "replace") for (const item of taken) item.mustBeNew = false;
    if (answer === "keep") twins.push(...taken);
  }
  const left = items.filter((item) => !skipped.includes(item));
  await makeFree(account.user_id, twins, planned);
  requireRoom(account, left.filter(({ state }) => state === "queued"), pending);
  return left;
}

function makeItem(file, path, description, batch, account) {
  const { size, name, lastModified } = file;
  const problem = problemWith(path) || problemWithSize(account, size);
  return {
    file, path, name, size, modified: Math.max(lastModified, 0), description, mustBeNew: true, replaced: null, batch,
    sent: 0, state: problem === "" ? "queued" : "failed", reason: problem, isRefused: problem !== "",
  };
}

function problemWithSize({ max_upload_bytes: limit }, size) {
  return limit === null || size <= limit ? "" : t("uploadTooLarge", { size: bothSizes(size), limit: bothSizes(limit) });
}

/**
 * What is replaced makes room only where no versions are kept; then a smaller file is never refused.
 * @throws {Error} with both figures unless the items fit into the quota
 */
function requireRoom(account, items, pending = 0) {
  const { quota_bytes: quota, used_bytes: used, trash_bytes: trash, version_days: days } = account;
  if (quota === null || items.length === 0) return;
  const sum = (sizes) => sizes.reduce((total, size) => total + size, 0);
  const freed = days > 0 ? 0 : sum(items.map(({ replaced }) => replaced?.size ?? 0));
  const free = Math.max(quota - used - trash - pending + freed, 0);
  const size = sum(items.map((item) => item.size));
  if (size <= freed || size <= free) return;
  const figures = { count: items.length, size: bothSizes(size), quota: bothSizes(quota), free: bothSizes(free) };
  throw new Error([
    t("uploadOverQuota", figures), freed > 0 ? t("replacedIsFree") : "",
    trash > 0 ? t("trashHolds", { size: bothSizes(trash) }) : "",
  ].filter(Boolean).join(" "));
}

/** If the server closed the connection, its reason is lost. Asks again, as the reason is most likely the same. */
export async function explain(item) {
  let account;
  let replaced;
  try {
    account = await whoAmI();
    replaced = await findFile(account.user_id, item.path);
  } catch {
    return;
  }
  const problem = problemWithSize(account, item.size);
  if (problem !== "") throw new Error(problem);
  requireRoom(account, [{ ...item, replaced }]);
}

/** Gives items paths that are not taken. */
async function makeFree(userId, items, planned) {
  const wanted = new Map(items.map((item) => [item, item.path]));
  for (let left = items; left.length > 0;) {
    for (const item of left) {
      const folder = folderOf(item.path);
      const names = new Set([...planned].filter((path) => folderOf(path) === folder).map(nameOf));
      item.path = join(folder, freeName(nameOf(wanted.get(item)), false, names));
      item.replaced = null;
      planned.add(item.path);
    }
    const taken = new Set((await findFiles(userId, left.map(({ path }) => path))).map(({ path }) => path));
    left = left.filter(({ path }) => taken.has(path));
  }
}

/**
 * The path was free when the upload was planned. Changes the item as the person decides.
 * @returns {Promise<"replace" | "keep" | "skip" | undefined>}
 */
export async function decideTaken(item) {
  const account = await whoAmI();
  item.batch.answer ??= askAboutTaken(account, [item], 1);
  const answer = await item.batch.answer;
  if (answer === undefined) item.batch.answer = null;
  if (answer === "replace") item.mustBeNew = false;
  if (answer === "keep") await makeFree(account.user_id, [item], new Set([item.path]));
  return answer;
}

/** Asks once for all. @returns {Promise<"replace" | "keep" | "skip" | undefined>} */
function askAboutTaken({ version_days: days }, taken, count) {
  const isOne = count === 1;
  const title = isOne
    ? tn("existsOne", { name: shownName(nameOf(taken[0].path)) })
    : t("exist", { count: taken.length });
  const rows = taken.slice(0, MAX_NAMED).map(({ path }) => element("li", {}, shownPath(path)));
  if (taken.length > MAX_NAMED) rows.push(element("li", {}, t("andMore", { count: taken.length - MAX_NAMED })));
  return openDialog(title, (close) => [
    isOne ? null : element("ul", { class: "taken" }, ...rows),
    element("p", {}, days > 0 ? t("existKept", { count: days }) : t("existGone")),
    element("div", { class: "actions" }, button(t("skipTaken"), () => close("skip"), { kind: "quiet start" }),
      button(t("keepBoth"), () => close("keep")), button(t("replace"), () => close("replace"), { kind: "primary" })),
  ]);
}
