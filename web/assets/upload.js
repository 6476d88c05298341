// Sends one file, by XMLHttpRequest, because fetch does not report the progress of a request body.
import { ApiError, failure } from "./api.js";
import { headerValue } from "./headers.js";

const LOST = "The connection was lost during the upload. Check the list before you try again.";

/** The user cancelled the upload. */
export class UploadCancelled extends Error {}

/**
 * Stores `file` under `path`; the browser streams it from disk.
 * @param {object} options `description` ("" keeps the old one), `mayReplace`, `signal` (AbortSignal),
 *   `onProgress(sentBytes)`
 * @throws {ApiError} 412 if the path is taken and `mayReplace` is false
 * @throws {UploadCancelled}
 */
export function upload(file, path, { description, mayReplace, signal, onProgress }) {
  const transfer = new XMLHttpRequest();
  transfer.open("POST", "rpc/store_file");
  for (const [name, value] of headersFor(file, path, description, mayReplace)) transfer.setRequestHeader(name, value);
  transfer.upload.addEventListener("progress", (event) => onProgress(event.loaded));
  signal.addEventListener("abort", () => transfer.abort(), { once: true });
  return new Promise((resolve, reject) => {
    transfer.addEventListener("abort", () => reject(new UploadCancelled()));
    transfer.addEventListener("error", () => reject(new ApiError(0, LOST)));
    transfer.addEventListener("load", () => {
      if (transfer.status === 200) resolve();
      else reject(failure(transfer.status, transfer.responseText));
    });
    transfer.send(file);
  });
}

function headersFor(file, path, description, mayReplace) {
  const headers = [
    ["File-Path", headerValue(path)],
    ["Content-Type", file.type || "application/octet-stream"],
  ];
  if (description !== "") headers.push(["Description", headerValue(description)]);
  if (!mayReplace) headers.push(["If-None-Match", "*"]);
  return headers;
}
