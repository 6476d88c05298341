// What the server has in the trash. What was removed together is one entry, which is a row of the list.
import { read, request } from "./api.js";
import { folderOf } from "./files.js";

const PAGE_SIZE = 200;
const COLUMNS = "id,entry_id,file_path,content_type,size_bytes,removed_at,expires_at";

/** The entry for rows that were removed together, in the order of their paths. */
function entryOf(rows, { count = rows.length, lastPath = rows.at(-1).file_path, bytes = null } = {}) {
  const [first] = rows;
  const folder = count > 1 ? sharedFolder(first.file_path, lastPath) : null;
  return {
    id: count > 1 ? first.entry_id : first.id, entryId: first.entry_id, removed: first.removed_at,
    expires: first.expires_at, path: folder || first.file_path, isFolder: Boolean(folder),
    type: first.content_type ?? "", count,
    size: bytes ?? rows.reduce((sum, row) => sum + row.size_bytes, 0),
    key: [first.removed_at, first.entry_id],
  };
}

/** Paths in order between these two have the same beginning. */
function sharedFolder(first, last) {
  const names = folderOf(first).split("/");
  const others = folderOf(last).split("/");
  const end = names.findIndex((name, index) => name !== others[index]);
  return names.slice(0, end < 0 ? names.length : end).join("/");
}

/** One page of entries, newest first. */
export async function listTrash(userId, reason, after, signal) {
  const query = new URLSearchParams({
    select: COLUMNS, user_id: `eq.${userId}`, reason: `eq.${reason}`, limit: PAGE_SIZE,
    order: "removed_at.desc,entry_id.desc,file_path,id",
  });
  if (after) {
    const [removed, entry] = after.key;
    query.set("or", `(removed_at.lt.${removed},and(removed_at.eq.${removed},entry_id.lt.${entry}))`);
  }
  const response = await request(`trash?${query}`, { headers: { "Prefer": "count=exact" }, signal });
  const groups = Object.values(Object.groupBy(await response.json(), (row) => `e${row.entry_id}`));
  // The server says 206 while there is more.
  const isLast = response.status === 200;
  const last = isLast ? null : groups.pop();
  const entries = groups.map((rows) => entryOf(rows));
  if (last) entries.push(await wholeEntry(last, signal));
  return { entries, isLast };
}

/** Of the entry at the end of a page more rows may follow. */
async function wholeEntry(rows, signal) {
  const query = new URLSearchParams({
    select: "file_path,size_bytes", entry_id: `eq.${rows[0].entry_id}`, order: "file_path",
  });
  let lastPath;
  let bytes = 0;
  let count = 0;
  for (let isLast = false; !isLast;) {
    query.set("offset", count);
    const response = await request(`trash?${query}`, { headers: { "Prefer": "count=exact" }, signal });
    for (const row of await response.json()) {
      lastPath = row.file_path;
      bytes += row.size_bytes;
      count += 1;
    }
    isLast = response.status === 200 || count >= Number(response.headers.get("Content-Range").split("/")[1]);
  }
  return entryOf(rows, { count, lastPath, bytes });
}

/** Id and path of each file of an entry. */
export const rowsOf = (entry) => read(`trash?select=id,file_path&entry_id=eq.${entry.entryId}&order=file_path`);

/** Removes entries for good. */
export async function purge(entries) {
  for (let start = 0; start < entries.length; start += 50) {
    const ids = entries.slice(start, start + 50).map((entry) => entry.entryId);
    await request(`trash?entry_id=in.(${ids.join(",")})`, { method: "DELETE" });
  }
}
