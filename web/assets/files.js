// The user's files on the server.
import { ApiError, request } from "./api.js";

const COLUMNS = "id,file_path,description,size_bytes,updated_at";

/** The most rows that the server returns in one answer. */
export const MAX_ROWS = 1000;

/** "0-49/123" → 123; RFC 9110 section 14.4 in PostgREST's form without a unit. */
function totalIn(contentRange, fallback) {
  const total = Number.parseInt((contentRange ?? "").split("/")[1], 10);
  return Number.isNaN(total) ? fallback : total;
}

/**
 * One page of a user's own files, in the order of their paths. An administrator may list everybody's files but
 * open only their own, hence the filter.
 * @returns {Promise<{files: object[], total: number}>}
 */
export async function listFiles(userId, { limit, offset }) {
  const query = `select=${COLUMNS}&user_id=eq.${userId}&order=file_path.asc&limit=${limit}&offset=${offset}`;
  const response = await request(`files?${query}`, { headers: { "Prefer": "count=exact" } });
  const files = await response.json();
  return { files, total: totalIn(response.headers.get("Content-Range"), offset + files.length) };
}

/** The user's file of this path, or null. The value of `eq` is taken literally, so percent-encoding is all it needs. */
export async function findFile(userId, path) {
  const query = `select=${COLUMNS}&user_id=eq.${userId}&file_path=eq.${encodeURIComponent(path)}`;
  const files = await (await request(`files?${query}`)).json();
  return files[0] ?? null;
}

export function deleteFile(id) {
  return request(`files?id=eq.${id}`, { method: "DELETE" });
}

/** The address of a file's content; the server answers it as an attachment. */
export function downloadAddress(path) {
  return `rpc/retrieve_file?p_file_path=${encodeURIComponent(path)}`;
}

/** The file was deleted or moved in another window. */
export function isGone(error) {
  return error instanceof ApiError && error.code === "KF002";
}

/** The requested rows do not exist any longer: files were deleted in another window. */
export function isBeyondEnd(error) {
  return error instanceof ApiError && error.status === 416;
}
