// Downloads. The browser saves a file from its address, so its bytes do not need the page's memory. But the browser
// does not report why a download fails. So the page first requests one byte in the same way.
import { request } from "./api.js";
import { downloadAddress } from "./files.js";

/**
 * Starts the download of a file of the list.
 * @throws {ApiError} if the file cannot be downloaded
 */
export async function download({ file_path: path, size_bytes: size }) {
  const address = downloadAddress(path);
  await askForFirstByte(address, size);
  // With `download` this page stays open in any case. The file name comes from the answer.
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

async function askForFirstByte(address, size) {
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
