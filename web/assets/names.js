// Names and other people's text as they can be told apart: what cannot be seen, or changes the direction of the text,
// is shown as what it is, ‹U+202E›, and no text disturbs what stands around it.
import { element } from "./element.js";

// Controls, formats, unassigned and private signs, every space but the common one, what fonts leave out, and blanks
// that Unicode counts among letters and symbols.
const BLANKS = String.raw`\u2800\uFFFC\u{13441}\u{13442}\u{16FE4}\u{1D159}`;
const UNSEEN = String.raw`[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}${BLANKS}]--[\u0020]]`;

// Joiners that change what is seen stay (RFC 5892, appendices A.1 and A.2): between Arabic letters of which the first
// would join the second, and after a virama. So do emoji that are one sign of several code points.
const JOINS_ONWARD = String.raw`[\u0626\u0628\u062A-\u062E\u0633-\u063F\u0641-\u0647\u0649\u064A\u0678-\u0687\u069A-\u06BF` +
  String.raw`\u06C1\u06C2\u06CC\u06CE\u06D0\u06D1]`;
const JOINS_BACK = String.raw`[[\p{Script=Arabic}&&\p{L}]--[\u0621]]`;
const VIRAMA = String.raw`[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D4D\u0DCA]`;
const KEPT = [
  String.raw`\p{RGI_Emoji}`,
  String.raw`(?<=${JOINS_ONWARD}\p{Mn}*)\u200C(?=${JOINS_BACK})`,
  String.raw`(?<=${VIRAMA})[\u200C\u200D](?=\p{L})`,
].join("|");

// A mark without a letter of its own would sit on its neighbour, and a tower of them on other lines.
const LOOSE_MARK = String.raw`(?<=^|[${UNSEEN}\u0020])\p{M}+|(?<=\p{Mn}{4})\p{Mn}+`;
const LOST_SPACE = String.raw`(?<=^|\u0020)\u0020|\u0020(?=\u0020|$)`;
// What a name must not counterfeit.
const OUR_MARK = String.raw`‹(?=U\+)|␣`;

const ANY_UNSEEN = new RegExp(UNSEEN, "v");
const IN_NAME = new RegExp(`(?<kept>${KEPT})|${LOST_SPACE}|${UNSEEN}|${LOOSE_MARK}|${OUR_MARK}`, "gv");
const IN_PROSE = new RegExp(String.raw`(?<kept>${KEPT}|[\t\n])|${UNSEEN}`, "gv");

/** The text in pieces: strings as they are, and signs, `{ mark, title }`, to be shown as what they are. */
function* pieces(text, pattern) {
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.groups.kept !== undefined) continue;
    if (match.index > end) yield text.slice(end, match.index);
    for (const sign of match[0]) yield shownAs(sign);
    end = match.index + match[0].length;
  }
  if (end < text.length) yield text.slice(end);
}

function shownAs(sign) {
  const code = `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return { mark: sign === " " ? "␣" : `‹${code}›`, title: `${kindOf(sign)} (${code})` };
}

function kindOf(sign) {
  if (/\p{Bidi_Control}/v.test(sign)) return "A sign that changes the direction of the text";
  if (/\p{Z}/v.test(sign)) return "A space";
  return ANY_UNSEEN.test(sign) ? "A sign that cannot be seen" : "A sign by itself";
}

function isolated(text, pattern) {
  const nodes = Array.from(pieces(text, pattern), (piece) =>
    typeof piece === "string" ? piece : element("span", "sign", { title: piece.title }, piece.mark));
  return element("bdi", "", {}, ...nodes);
}

/** A name on the page. */
export const shownName = (name) => isolated(name, IN_NAME);

/** Text on the page, in which spaces and line breaks are as they are. */
export const shownProse = (text) => isolated(text, IN_PROSE);

/** A path on the page. It reads from left to right whatever the direction of the names in it. */
export function shownPath(path) {
  const [name, ...folders] = path.split("/").reverse().map(shownName);
  const folder = element("span", "folder", {}, ...folders.reverse().flatMap((each) => [each, "/"]));
  return element("bdi", "path", { dir: "ltr" }, folder, element("span", "name", {}, name));
}

/** The same path where only text can be, for example as a label. */
export function pathText(path) {
  const text = (name) => Array.from(pieces(name, IN_NAME), (piece) => piece.mark ?? piece).join("");
  return path.split("/").map(text).join("/");
}
