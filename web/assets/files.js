// The user's files and folders on the server. An entry is `{ path, name, isFolder, size, changed, … }`.
import { ApiError, call, read, request } from "./api.js";

const COLUMNS = "id,file_path,description,content_type,size_bytes,sha256,created_at,updated_at,modified_at";

/** Entries in one answer of a list. */
const PAGE_SIZE = 500;
/** Values in one filter, and their length in the address, so that it does not grow too long. */
const BATCH_SIZE = 50;
const BATCH_LENGTH = 12_000;
/** The most rows that a search shows. */
export const MAX_FOUND = 500;

export const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);
export const folderOf = (path) => path.slice(0, Math.max(path.lastIndexOf("/"), 0));
export const join = (folder, name) => (folder === "" ? name : `${folder}/${name}`);

/** The entry for a row of the server. */
export function entryOf(row, folder = null) {
  const path = row.file_path ?? join(folder, row.name);
  return {
    path,
    name: nameOf(path),
    isFolder: row.is_folder === true,
    id: row.id ?? null,
    size: row.size_bytes,
    count: row.file_count ?? null,
    changed: row.modified_at ?? null,
    description: row.description ?? "",
    type: row.content_type ?? "",
    sha256: row.sha256 ?? null,
    created: row.created_at ?? null,
    cursor: row.cursor ?? null,
  };
}

/**
 * One page of a folder, folders first.
 * @param {string | null} after the cursor of the last entry that is known
 * @returns {Promise<{entries: object[], isLast: boolean}>}
 */
export async function listFolder(folder, after = null, { signal, limit = PAGE_SIZE } = {}) {
  const query = new URLSearchParams({ p_folder: folder, limit });
  if (after !== null) query.set("p_cursor", after);
  const response = await request(`rpc/list_folder?${query}`, { signal });
  const rows = await response.json();
  return { entries: rows.map((row) => entryOf(row, folder)), isLast: !response.headers.has("Link") };
}

/**
 * A list that the server sends in pages, each after the last entry of the page before.
 * @param {(last: object | null) => Promise<{entries: object[], isLast: boolean}>} read reads the page after an entry
 * @param {(entries: object[]) => void} [shown] is called with each further page
 */
export function pagedList(read, shown = () => {}) {
  let loading = null;
  const list = {
    entries: [],
    isLast: false,

    /** Reads anew as many entries as there are. */
    async reload() {
      const wanted = Math.max(list.entries.length, 1);
      const found = [];
      let page = { isLast: false };
      while (!page.isLast && found.length < wanted) {
        page = await read(found.at(-1) ?? null);
        found.push(...page.entries);
      }
      Object.assign(list, { entries: found, isLast: page.isLast });
    },

    /** Reads the next page, once at a time. */
    more() {
      if (list.isLast || list.entries.length === 0) return Promise.resolve();
      loading ??= read(list.entries.at(-1)).then((page) => {
        Object.assign(list, { entries: list.entries.concat(page.entries), isLast: page.isLast });
        shown(page.entries);
      }).finally(() => { loading = null; });
      return loading;
    },

    /** Reads all pages, and calls `step` after each. */
    async all(step = () => {}) {
      // Before the first page there is nothing that more could follow.
      while (!list.isLast && list.entries.length > 0) {
        await list.more();
        step();
      }
    },
  };
  return list;
}

/** The user's files whose path contains the text, whatever its case, newest first. */
export async function searchFiles(userId, text, { signal } = {}) {
  const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const query = new URLSearchParams({
    select: COLUMNS, user_id: `eq.${userId}`, file_path: `imatch.${pattern}`,
    order: "modified_at.desc", limit: MAX_FOUND,
  });
  return (await read(`files?${query}`, { signal })).map((row) => entryOf(row));
}

/** The user's file of this path, or null. */
export async function findFile(userId, path) {
  const [found] = await findFiles(userId, [path]);
  return found ?? null;
}

/** The file of this id as it is now, or null. */
export async function fileById(id) {
  const [row] = await read(`files?${new URLSearchParams({ select: COLUMNS, id: `eq.${id}` })}`);
  return row ? entryOf(row) : null;
}

/** Whether there is a file or a folder with content at this path. */
export async function pathIsTaken(userId, path) {
  return await findFile(userId, path) !== null || (await listFolder(path, null, { limit: 1 })).entries.length > 0;
}

/** Those of the paths that are files of the user already. */
export async function findFiles(userId, paths) {
  const found = await inBatches(paths, (some) => {
    const list = some.map((path) => `"${path.replace(/["\\]/g, "\\$&")}"`).join(",");
    const query = new URLSearchParams({ select: COLUMNS, user_id: `eq.${userId}`, file_path: `in.(${list})` });
    return read(`files?${query}`);
  });
  return found.flat().map((row) => entryOf(row));
}

async function inBatches(values, run) {
  const batches = [];
  let length = 0;
  for (const value of values) {
    length += encodeURIComponent(value).length;
    if (batches.length === 0 || batches.at(-1).length === BATCH_SIZE || length > BATCH_LENGTH) {
      batches.push([]);
      length = encodeURIComponent(value).length;
    }
    batches.at(-1).push(value);
  }
  const results = [];
  for (const batch of batches) results.push(await run(batch));
  return results;
}

export const createFolder = (path) => call("create_folder", { p_folder: path });

/** Gives an entry another path: a new name, or another folder. */
export function moveEntry(entry, path) {
  if (entry.isFolder) return call("move_folder", { p_from: entry.path, p_to: path });
  return changeFile(entry.id, { file_path: path });
}

/** Changes the path or the description of a file. */
export function changeFile(id, values) {
  return request(`files?id=eq.${id}`, { method: "PATCH", json: values });
}

export const copyEntry = (entry, path) => call("copy", { p_from: entry.path, p_to: path });

/** Moves entries to the trash. */
export async function deleteEntries(entries) {
  const ids = entries.filter((entry) => !entry.isFolder).map((entry) => entry.id);
  await inBatches(ids, (some) => request(`files?id=in.(${some.join(",")})`, { method: "DELETE" }));
  for (const folder of entries.filter((entry) => entry.isFolder)) {
    folder.count = await call("delete_folder", { p_folder: folder.path }).catch(ignoreGone) ?? 0;
  }
}

function ignoreGone(error) {
  if (!isGone(error)) throw error;
}

/** Brings back what `deleteEntries` has deleted. */
export async function undelete(userId, entries) {
  const ids = entries.filter((entry) => !entry.isFolder).map((entry) => entry.id);
  const rows = await inBatches(ids, (some) =>
    read(`trash?select=id&reason=eq.deleted&file_id=in.(${some.join(",")})`));
  for (const { id } of rows.flat()) await call("restore", { p_id: id });
  for (const folder of entries.filter((entry) => entry.isFolder)) {
    if (folder.count === 0) {
      await createFolder(folder.path);
      continue;
    }
    const pattern = folder.path.replace(/[\\%_*]/g, (sign) => `\\${sign}`);
    const query = new URLSearchParams({
      select: "entry_id", user_id: `eq.${userId}`, reason: "eq.deleted", file_path: `like.${pattern}/*`,
      order: "removed_at.desc,id", limit: 1,
    });
    const [last] = await read(`trash?${query}`);
    if (last) await call("restore", { p_entry_id: last.entry_id });
  }
}

/** The address of a file's content; the server answers it as an attachment unless `inline`. */
export function contentAddress(path, { inline = false } = {}) {
  return `rpc/retrieve_file?p_file_path=${encodeURIComponent(path)}${inline ? "&p_disposition=inline" : ""}`;
}

/** The address of a content in the trash. */
export const versionAddress = (id) => `rpc/retrieve_file?p_version=${id}`;

/** The address of a ZIP archive of entries. */
export function archiveAddress(paths) {
  return `rpc/download_folder?${paths.map((path) => `p_path=${encodeURIComponent(path)}`).join("&")}`;
}

/**
 * Starts a download. The browser saves it from its address, so its bytes do not need the page's memory. But the browser
 * does not report why a download fails. So the page first requests one byte in the same way.
 * @throws {ApiError} if the file cannot be downloaded
 */
export async function download(entry) {
  if (entry.isFolder) save(archiveAddress([entry.path]));
  else await downloadFrom(contentAddress(entry.path), entry.size);
}

/** The same for the address of one content. */
export async function downloadFrom(address, size) {
  await askForFirstByte(address, size);
  save(address);
}

/** Starts the download of an address. With `download` this page stays open in any case. */
export function save(address) {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

/** Throws why an address cannot be downloaded, if it cannot. */
export async function askForFirstByte(address, size) {
  try {
    // An empty file has no first byte, and so no range.
    const response = await request(address, { headers: size > 0 ? { "Range": "bytes=0-0" } : {} });
    // A server without ranges would send the whole file.
    await response.body?.cancel();
  } catch (error) {
    // The file has become empty since it was listed.
    if (error.status !== 416) throw error;
  }
}

/** The file or folder was deleted or moved in another window. */
export function isGone(error) {
  return error instanceof ApiError && ["KF002", "KF047"].includes(error.code);
}

/** Reports `change` events when files or folders have changed by this page. */
export const changes = new EventTarget();
export const announceChange = () => changes.dispatchEvent(new Event("change"));
