// File paths. The server decides; checking here avoids sending a large body that it would refuse.
import { t } from "./strings.js";

const MAX_PATH_BYTES = 1024;
const MAX_SEGMENT_BYTES = 255;

const byteLength = (text) => new TextEncoder().encode(text).length;

/** The path as the server stores it: well-formed Unicode in normalisation form C. */
export function normalized(path) {
  return path.toWellFormed().normalize("NFC");
}

/** What is wrong with a normalised path, or "" if nothing is. */
export function problemWith(path) {
  if (path === "") return t("pathEmpty");
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) return t("pathControl");
  if (path.includes("\\")) return t("pathBackslash");
  if (path.startsWith("/") || path.endsWith("/")) return t("pathSlash");
  if (byteLength(path) > MAX_PATH_BYTES) return t("pathLong", { max: MAX_PATH_BYTES });
  return path.split("/").map(problemWithSegment).find((problem) => problem !== "") ?? "";
}

/** What is wrong with the normalised name of a file or folder, or "" if nothing is. */
export function problemWithName(name) {
  return name.includes("/") ? t("nameSlash") : problemWith(name);
}

function problemWithSegment(segment) {
  if (segment === "") return t("pathDoubleSlash");
  if (segment === "." || segment === "..") return t("pathDots");
  if (byteLength(segment) > MAX_SEGMENT_BYTES) return t("nameLong", { max: MAX_SEGMENT_BYTES });
  return "";
}
