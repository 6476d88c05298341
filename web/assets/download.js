// Downloads. The browser saves them from their address, so that a file of any size passes by the page's memory; but
// one that fails it drops without a word. So the first byte is asked for before, the same way as the whole.
import { request } from "./api.js";
import { downloadAddress } from "./files.js";

/**
 * Starts the download of a file of the list.
 * @throws {ApiError} why there would be none
 */
export async function download({ file_path: path, size_bytes: size }) {
  const address = downloadAddress(path);
  await askForFirstByte(address, size);
  // `download` keeps this page open whatever the answer; the name comes from the answer.
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

async function askForFirstByte(address, size) {
  try {
    // An empty file has no first byte, and no range then.
    const response = await request(address, { headers: size > 0 ? { "Range": "bytes=0-0" } : {} });
    // A server that knows no ranges would send all.
    await response.body?.cancel();
  } catch (error) {
    // Emptied since it was listed.
    if (error.status !== 416) throw error;
  }
}
