// Whether a file may be sent, asked before its bytes are: a server that refuses a long body early breaks the
// connection, and browsers then show no reason.
import { ApiError } from "./api.js";
import { bothSizes } from "./format.js";
import { whoAmI } from "./session.js";

/** What keeps `size` bytes from being stored in the place of `replaced` bytes, or "". Nothing that shrinks is refused. */
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
