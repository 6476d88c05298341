// Sends bytes by XMLHttpRequest, because fetch does not report the progress of a request body.
import { ApiError, failure } from "./api.js";
import { headerValue } from "./headers.js";
import { t } from "./strings.js";

/** After so long without progress the line counts as cut. The system itself would notice after many minutes. */
const STALL_MILLISECONDS = 60_000;

/**
 * Sends `body`; the browser streams it from disk.
 * @param {{signal: AbortSignal, onProgress: (sentBytes: number) => void}} options
 * @returns {Promise<XMLHttpRequest>} with a 2xx status
 * @throws {ApiError} with status 0 if no answer came
 */
export function send(method, address, headers, body, { signal, onProgress }) {
  const transfer = new XMLHttpRequest();
  transfer.open(method, address);
  for (const [name, value] of Object.entries(headers)) transfer.setRequestHeader(name, value);
  return new Promise((resolve, reject) => {
    const abort = () => transfer.abort();
    let timer = null;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALL_MILLISECONDS);
    };
    const fail = () => reject(signal.aborted ? signal.reason : new ApiError(0, t("uploadLost")));
    transfer.upload.addEventListener("progress", (event) => {
      watch();
      onProgress(event.loaded);
    });
    // The server may need long to store what it has.
    transfer.upload.addEventListener("load", () => clearTimeout(timer));
    transfer.addEventListener("abort", fail);
    transfer.addEventListener("error", fail);
    transfer.addEventListener("load", () => {
      const retryAfter = Number(transfer.getResponseHeader("Retry-After")) || null;
      if (transfer.status >= 200 && transfer.status < 300) resolve(transfer);
      else reject(failure(transfer.status, transfer.responseText, retryAfter));
    });
    transfer.addEventListener("loadend", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    });
    signal.addEventListener("abort", abort);
    watch();
    transfer.send(body);
  });
}

/**
 * Stores a small file in one request.
 * @param {object} item `file`, `path`, `description` ("" keeps the old one), `modified`, `mustBeNew`
 * @throws {ApiError} 412 if `mustBeNew` and the path is taken
 */
export function storeFile({ file, path, description, modified, mustBeNew }, options) {
  const headers = {
    "File-Path": headerValue(path),
    "Content-Type": file.type || "application/octet-stream",
    "Last-Modified": new Date(modified).toUTCString(),
  };
  if (description !== "") headers["Description"] = headerValue(description);
  if (mustBeNew) headers["If-None-Match"] = "*";
  return send("POST", "rpc/store_file", headers, file, options);
}
