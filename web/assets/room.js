// Checks whether a file may be stored, before its bytes are sent. A server that refuses a long body early closes the
// connection, and browsers then report no reason.
import { ApiError } from "./api.js";
import { bothSizes } from "./format.js";
import { whoAmI } from "./session.js";

/** Why `size` bytes cannot replace `replaced` bytes, or "". A smaller file is never refused. */
export function problemWithSize({ quota_bytes: quota, used_bytes: used, max_upload_bytes: limit }, size, replaced) {
  if (limit !== null && size > limit) {
    return `The file is too large: it has ${bothSizes(size)}, and an upload may have at most ${bothSizes(limit)}.`;
  }
  const free = quota === null ? Infinity : Math.max(quota - used + replaced, 0);
  if (size <= replaced || size <= free) return "";
  const place = replaced > 0 ? ", with the old file gone" : "";
  return `The file is too large for your quota: it has ${bothSizes(size)}, and of ${bothSizes(quota)} ` +
    `only ${bothSizes(free)} are free${place}.`;
}

/** @throws {ApiError} with both figures where the file does not fit */
export async function checkRoom(size, replaced) {
  const problem = problemWithSize(await whoAmI(), size, replaced);
  if (problem !== "") throw new ApiError(413, problem);
}
