// A client of tus 1.0 (https://tus.io/protocols/resumable-upload). An upload is known by the last part of its address,
// so that it is found below any base path.
import { request } from "./api.js";
import { send } from "./upload.js";

const VERSION = { "Tus-Resumable": "1.0.0" };
/** Each piece is a request of its own, so that an ended session is noticed, and so that limits of proxies are kept. */
const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * Announces an upload. The server judges path, length and quota before any byte is sent.
 * @param {object} item as for `storeFile`
 * @returns {Promise<string>} the upload's identifier
 */
export async function createUpload({ file, path, size, description, modified, mustBeNew }) {
  const headers = {
    ...VERSION, "Upload-Length": String(size), "Upload-Metadata": metadata({
      file_path: path, content_type: file.type, modified: new Date(modified).toISOString(), description,
    }),
  };
  if (mustBeNew) headers["If-None-Match"] = "*";
  const response = await request("uploads", { method: "POST", headers });
  return response.headers.get("Location").split("/").at(-1);
}

function metadata(values) {
  return Object.entries(values).filter(([, text]) => text !== "")
    .map(([name, text]) => `${name} ${base64(text)}`).join(",");
}

function base64(text) {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

/** How many bytes the server has; null if it has no such upload, because it is finished, expired or cancelled. */
export async function offsetOf(id, signal) {
  try {
    const response = await request(`uploads/${id}`, { method: "HEAD", headers: VERSION, signal });
    return Number(response.headers.get("Upload-Offset"));
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** Sends the piece that begins at `offset`. @returns {Promise<number>} the offset after it */
export async function sendPiece(id, file, offset, { signal, onProgress }) {
  const headers = { ...VERSION, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) };
  const piece = file.slice(offset, offset + PIECE_BYTES);
  const answer = await send("PATCH", `uploads/${id}`, headers, piece,
    { signal, onProgress: (sent) => onProgress(offset + sent) });
  return Number(answer.getResponseHeader("Upload-Offset"));
}

/** Gives up an upload, and what it reserves of the quota. */
export const endUpload = (id) => request(`uploads/${id}`, { method: "DELETE", headers: VERSION });
