// Shows a file over the whole window. Only types that can do no harm, of which the server sends the bytes with a policy
// that allows them nothing; text is fetched and becomes text, never markup.
import { request } from "./api.js";
import { showDetails } from "./details.js";
import { element } from "./dom.js";
import { askForFirstByte, contentAddress, download } from "./files.js";
import { shortSize } from "./format.js";
import { pathText, shownName, shownProse } from "./names.js";
import { t, tn } from "./strings.js";
import { button, iconButton, openDialog, placeholder, report, say } from "./ui.js";

// As the server's list of what may be shown inline.
const PICTURES = /^image\/(avif|bmp|gif|jpeg|png|vnd\.microsoft\.icon|webp|x-icon)$/;
const SOUNDS = /^audio\/(aac|flac|mp4|mpeg|ogg|webm|x-m4a)$/;
const FILMS = /^video\/(mp4|webm)$/;
// Types of programs of the browser are left out, although they would be shown as text.
const TEXTS = /^text\/(?!html|xml)|^application\/(json|x-ndjson|yaml|x-yaml|toml|sql|x-sh)$/;
const TEXT_BYTES = 1024 * 1024;

const player = (tag, attributes) =>
  element(tag, { controls: true, playsinline: true, preload: "metadata", ...attributes });
const essence = (type) => type.split(";")[0].trim().toLowerCase();

/**
 * @param {object} entry a file
 * @param {object[]} others the files among which one goes on
 */
export async function showPreview(context, entry, others) {
  let files = others.includes(entry) ? [...others] : [entry];
  let index = files.indexOf(entry);
  let controller = new AbortController();

  const title = element("span", { "aria-live": "polite" });
  const facts = element("p", { class: "hint" });
  const stage = element("div", { class: "stage" });
  const previous = iconButton(t("previousFile"), "left", () => go(-1), { class: "icon-button previous" });
  const next = iconButton(t("nextFile"), "right", () => go(1), { class: "icon-button next" });
  const tools = element("div", { class: "tools" },
    button(t("download"), () => save(files[index]), { symbol: "download" }),
    button(t("details"), () => openDetails().catch(report), { symbol: "details" }));

  const closed = openDialog(title, () => [facts, tools, stage, previous, next], { className: "preview" });
  const dialog = stage.closest("dialog");
  dialog.addEventListener("keydown", (event) => {
    // A player uses these keys itself.
    if (event.target.closest("audio, video") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    go(step);
  });
  goBySwipes(stage, go);
  show();
  await closed;
  clear();

  function go(step) {
    if (!(index + step in files)) return;
    index += step;
    show();
  }

  /** Ends what loads or plays. */
  function clear() {
    controller.abort();
    controller = new AbortController();
    for (const player of stage.querySelectorAll("audio, video")) {
      player.removeAttribute("src");
      player.load();
    }
    stage.replaceChildren();
  }

  function show() {
    clear();
    const file = files[index];
    title.replaceChildren(shownName(file.name));
    const place = files.length > 1 ? [t("place", { number: index + 1, count: files.length })] : [];
    facts.textContent = [shortSize(file.size), ...place].join(" · ");
    for (const [arrow, step] of [[previous, -1], [next, 1]]) {
      arrow.hidden = files.length === 1;
      arrow.disabled = !(index + step in files);
    }
    if (document.activeElement?.disabled) stage.closest("dialog").querySelector("header button").focus();
    content(file);
  }

  function content(file) {
    const type = essence(file.type);
    const source = contentAddress(file.path, { inline: true });
    const name = pathText(file.name);
    const failing = { onerror: () => failedToShow(file) };
    if (file.size === 0) showPlaceholder(file, "file", t("emptyFile"));
    else if (PICTURES.test(type)) stage.append(element("img", { src: source, alt: name, ...failing }));
    else if (SOUNDS.test(type)) stage.append(player("audio", { src: source, "aria-label": name, ...failing }));
    else if (FILMS.test(type)) stage.append(player("video", { src: source, "aria-label": name, ...failing }));
    else if (type === "application/pdf") showPDF(source, name, file);
    else if (TEXTS.test(type)) showText(file, name).catch((error) => failedToShow(file, error));
    else showPlaceholder(file, "file", t("noPreview"), element("span", {}, shownName(file.type)));
  }

  /** The sandbox comes with the answer; with one of the element, the browsers' own viewers would not start. */
  function showPDF(source, name, file) {
    if (navigator.pdfViewerEnabled) {
      stage.append(element("iframe", { src: source, title: name }));
      return;
    }
    showPlaceholder(file, "text", t("noPDFViewer"), null,
      element("a", { class: "button", href: source, target: "_blank", rel: "noopener" }, t("openInTab")));
  }

  async function showText(file, name) {
    const { signal } = controller;
    const headers = { "Range": `bytes=0-${TEXT_BYTES - 1}` };
    const response = await request(contentAddress(file.path), { headers, signal });
    const bytes = new Uint8Array(await response.arrayBuffer()).subarray(0, TEXT_BYTES);
    const isPart = file.size > bytes.length;
    if (signal.aborted) return;
    const note = isPart ? element("p", { class: "hint" }, t("firstPart", { size: shortSize(file.size) })) : null;
    stage.append(element("div", { class: "paper", tabindex: 0, role: "region", "aria-label": name },
      element("pre", {}, decoded(bytes, file.type, isPart)), note));
  }

  /** A picture or a player does not say why it fails, so a request of our own asks. */
  async function failedToShow(file, error = null) {
    if (error?.name === "AbortError") return;
    let reason = error;
    try {
      if (!reason) await askForFirstByte(contentAddress(file.path), file.size);
    } catch (cause) {
      reason = cause;
    }
    if (reason?.status === 401) report(reason);
    if (files[index] === file) {
      showPlaceholder(file, "warning", t("cannotShow"), reason ? shownProse(reason.message) : t("damaged"));
    }
  }

  function showPlaceholder(file, symbol, text, more = "", ...actions) {
    stage.replaceChildren(placeholder(symbol, text, more ?? "", ...actions,
      button(t("download"), () => save(file), { symbol: "download", kind: "primary" })));
  }

  async function save(file) {
    try {
      await download(file);
      say(tn("downloadStarted", { name: shownName(file.name) }));
    } catch (error) {
      report(error);
    }
  }

  async function openDetails() {
    const file = files[index];
    const after = await showDetails(context, file);
    if (after === null) files = files.filter((other) => other !== file);
    else files[index] = after;
    if (files.length === 0) dialog.close();
    else if (after === null || after.path !== file.path || after.sha256 !== file.sha256) {
      index = Math.min(index, files.length - 1);
      show();
    }
  }
}

/**
 * The bytes as text: UTF-8 or UTF-16 if they are, otherwise what the type says, otherwise what Windows wrote.
 * @param {boolean} isPart whether the last character may be cut
 */
function decoded(bytes, type, isPart = false) {
  const mark = (bytes[0] << 8) | bytes[1];
  const named = /;\s*charset="?([^\s;"]+)/i.exec(type)?.[1];
  const candidates = [mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8", named, "windows-1252"];
  for (const charset of candidates) {
    try {
      return new TextDecoder(charset, { fatal: charset !== "windows-1252" }).decode(bytes, { stream: isPart });
    } catch {
      // Not this one.
    }
  }
  return "";
}

function goBySwipes(stage, go) {
  let start = null;
  stage.addEventListener("touchstart", (event) => {
    start = event.touches.length === 1 && !event.target.closest("audio, video") ? event.touches[0] : null;
  }, { passive: true });
  stage.addEventListener("touchend", (event) => {
    if (!start) return;
    const across = event.changedTouches[0].clientX - start.clientX;
    const along = Math.abs(event.changedTouches[0].clientY - start.clientY);
    start = null;
    if (Math.abs(across) > 60 && along < 40 && visualViewport.scale === 1) go(across > 0 ? -1 : 1);
  }, { passive: true });
}
