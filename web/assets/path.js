// File paths. The server decides; checking here avoids sending a large body that it would refuse.

const MAX_PATH_BYTES = 1024;
const MAX_SEGMENT_BYTES = 255;

const byteLength = (text) => new TextEncoder().encode(text).length;

/** The path as the server stores it: well-formed Unicode in normalisation form C. */
export function normalized(path) {
  return path.toWellFormed().normalize("NFC");
}

/** What is wrong with a normalised path, or "" if nothing is. */
export function problemWith(path) {
  if (path === "") return "Enter a file path.";
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) return "The file path must not contain control characters.";
  if (path.includes("\\")) return "Use / and not \\ between folders.";
  if (path.startsWith("/") || path.endsWith("/")) return "The file path must not begin or end with a slash.";
  if (byteLength(path) > MAX_PATH_BYTES) return `The file path is longer than ${MAX_PATH_BYTES} bytes.`;
  return path.split("/").map(problemWithSegment).find((problem) => problem !== "") ?? "";
}

function problemWithSegment(segment) {
  if (segment === "") return "The file path has an empty folder name (two slashes in a row).";
  if (segment === "." || segment === "..") return "A folder or file cannot be called “.” or “..”.";
  if (byteLength(segment) > MAX_SEGMENT_BYTES) return `A folder or file name is longer than ${MAX_SEGMENT_BYTES} bytes.`;
  return "";
}
