// Checks whether a file may be stored, before its bytes are sent. A server that refuses a long body early closes the
// connection, and browsers then report no reason.
import { ApiError } from "./api.js";
import { bothSizes } from "./format.js";
import { whoAmI } from "./session.js";

/**
 * Why `size` bytes cannot replace `replaced` bytes, or "". What is replaced makes room only where no versions are kept;
 * then a smaller file is never refused.
 */
export function problemWithSize(account, size, replaced) {
  const { quota_bytes: quota, max_upload_bytes: limit } = account;
  if (limit !== null && size > limit) {
    return `The file is too large: it has ${bothSizes(size)}, and an upload may have at most ${bothSizes(limit)}.`;
  }
  const freed = account.version_days > 0 ? 0 : replaced;
  const free = quota === null ? Infinity : Math.max(quota - account.used_bytes - account.trash_bytes + freed, 0);
  if (size <= freed || size <= free) return "";
  const place = freed > 0 ? ", with the old file gone" : "";
  return `The file is too large for your quota: it has ${bothSizes(size)}, and of ${bothSizes(quota)} ` +
    `only ${bothSizes(free)} are free${place}.`;
}

/** @throws {ApiError} with both figures where the file does not fit */
export async function checkRoom(size, replaced) {
  const problem = problemWithSize(await whoAmI(), size, replaced);
  if (problem !== "") throw new ApiError(413, problem);
}
