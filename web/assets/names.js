// Shows names and other text of users so that they can be distinguished. Characters that are invisible, or that change
// the direction of the text, are shown by their numbers (‹U+202E›), and each name is isolated from the text
// around it.
import { element } from "./dom.js";
import { t } from "./strings.js";

// Control, format, unassigned and private-use characters, every space except U+0020, characters that fonts do not
// show, and blanks that Unicode classifies as letters or symbols.
const BLANKS = String.raw`\u2800\uFFFC\u{13441}\u{13442}\u{16FE4}\u{1D159}`;
const UNSEEN = String.raw`[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}${BLANKS}]--[\u0020]]`;

// Joiners that change how text looks are kept (RFC 5892, appendices A.1 and A.2): between Arabic letters of which the
// first would join the second, and after a virama. Emoji of several code points are kept, too.
const JOINS_ONWARD =
  String.raw`[\u0626\u0628\u062A-\u062E\u0633-\u063F\u0641-\u0647\u0649\u064A\u0678-\u0687\u069A-\u06BF` +
  String.raw`\u06C1\u06C2\u06CC\u06CE\u06D0\u06D1]`;
const JOINS_BACK = String.raw`[[\p{Script=Arabic}&&\p{L}]--[\u0621]]`;
const VIRAMA = String.raw`[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D4D\u0DCA]`;
const KEPT = [
  String.raw`\p{RGI_Emoji}`,
  String.raw`(?<=${JOINS_ONWARD}\p{Mn}*)\u200C(?=${JOINS_BACK})`,
  String.raw`(?<=${VIRAMA})[\u200C\u200D](?=\p{L})`,
].join("|");

// A combining mark without a letter would appear on its neighbour, and a stack of them on other lines.
const LOOSE_MARK = String.raw`(?<=^|[${UNSEEN}\u0020])\p{M}+|(?<=\p{Mn}{4})\p{Mn}+`;
const LOST_SPACE = String.raw`(?<=^|\u0020)\u0020|\u0020(?=\u0020|$)`;
// A name must not imitate our own signs.
const OUR_MARK = String.raw`‹(?=U\+)|␣`;

const ANY_UNSEEN = new RegExp(UNSEEN, "v");
const IN_NAME = new RegExp(`(?<kept>${KEPT})|${LOST_SPACE}|${UNSEEN}|${LOOSE_MARK}|${OUR_MARK}`, "gv");
const IN_PROSE = new RegExp(String.raw`(?<kept>${KEPT}|[\t\n])|${UNSEEN}`, "gv");

/** The text in pieces: plain strings, and `{ mark, title }` for each character that is shown by its number. */
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
  return { mark: sign === " " ? "␣" : `‹${code}›`, title: `${t(kindOf(sign))} (${code})` };
}

function kindOf(sign) {
  if (/\p{Bidi_Control}/v.test(sign)) return "signDirection";
  if (/\p{Z}/v.test(sign)) return "signSpace";
  return ANY_UNSEEN.test(sign) ? "signUnseen" : "signAlone";
}

function isolated(text, pattern) {
  const nodes = Array.from(pieces(text, pattern), (piece) =>
    typeof piece === "string" ? piece : element("span", { class: "sign", title: piece.title }, piece.mark));
  return element("bdi", {}, ...nodes);
}

/** A name on the page. */
export const shownName = (name) => isolated(name, IN_NAME);

/** Text on the page, which keeps its spaces and line breaks. */
export const shownProse = (text) => isolated(text, IN_PROSE);

/** A path on the page. It reads from left to right, even if its names read from right to left. */
export function shownPath(path) {
  const [name, ...folders] = path.split("/").reverse().map(shownName);
  const folder = element("span", { class: "folder" }, ...folders.reverse().flatMap((each) => [each, "/"]));
  return element("bdi", { class: "path", dir: "ltr" }, folder, element("span", { class: "name" }, name));
}

/** The same path as plain text, for example for a label. */
export function pathText(path) {
  const text = (name) => Array.from(pieces(name, IN_NAME), (piece) => piece.mark ?? piece).join("");
  return path.split("/").map(text).join("/");
}
