// The queue to look at: a panel in the corner, on phones a sheet below the list.
import { folderAddress } from "./browse.js";
import { element, icon } from "./dom.js";
import { folderOf, nameOf } from "./files.js";
import { duration, exactSize, shortSize } from "./format.js";
import { pathText, shownName, shownProse } from "./names.js";
import { t, tn } from "./strings.js";
import { button, iconButton } from "./ui.js";

/** So many rows are in the document. Those that are at work come first. */
const MAX_ROWS = 60;
const INTERVAL = 500;
/** The panel goes by itself when all is done and it was not used for so long, in milliseconds. */
const LINGER = 10_000;
const ORDER = { failed: 0, interrupted: 1, sending: 2, waiting: 2, paused: 2, queued: 2, done: 3 };

/** @param {{chosenAgain: (files: File[]) => void, cancelAll: () => void}} actions */
export function makePanel(queue, { chosenAgain, cancelAll }) {
  const rows = new Map();
  const progress = element("progress", { max: 1, "aria-label": t("uploadProgress") });
  const text = element("p", { class: "hint" });
  const total = { rate: makeRate(), element: element("div", { class: "total" }, progress, text) };
  const title = element("h2", {});
  const status = element("p", { class: "unseen", role: "status" });
  const list = element("ul", { "aria-label": t("uploadList") });
  const more = element("p", { class: "hint more" });
  const chooser = element("input",
    { type: "file", multiple: true, class: "unseen", tabindex: -1, "aria-label": t("filesAgain") });
  const again = element("div", { class: "again" },
    button(t("chooseAgain"), () => chooser.click(), { symbol: "upload", kind: "primary" }), chooser);
  const pauseAll = button(t("pauseAll"), () => each(queue.pause), { symbol: "pause", kind: "quiet" });
  const resumeAll = button(t("resumeAll"), () => each(queue.resume, "paused"), { symbol: "play", kind: "quiet" });
  const retryAll = button(t("retryAll"), () => each(queue.resume, "failed"), { symbol: "retry", kind: "quiet" });
  const stopAll = button(t("stopAll"), cancelAll, { symbol: "close", kind: "quiet" });
  const tools = element("div", { class: "tools" }, pauseAll, resumeAll, retryAll, stopAll);
  const body = element("div", { class: "uploads-body", id: "uploads-body" }, again, list, more, tools);
  const fold = iconButton(t("uploadFold"), "down", () => setOpen(body.hidden), { "aria-controls": "uploads-body" });
  const close = iconButton(t("closeUploads"), "close", cancelAll);
  const panel = element("section", { class: "uploads", "aria-label": t("uploads") },
    element("header", {}, title, fold, close), total.element, body, status);
  let timer = null;
  let lingering = null;
  let wasActive = false;
  setOpen(!matchMedia("(max-width: 48rem)").matches);

  chooser.addEventListener("change", () => {
    const files = Array.from(chooser.files);
    chooser.value = "";
    chosenAgain(files);
  });
  for (const type of ["pointermove", "keydown", "focusin"]) panel.addEventListener(type, () => linger());

  function setOpen(isOpen) {
    body.hidden = !isOpen;
    fold.setAttribute("aria-expanded", String(isOpen));
    panel.classList.toggle("folded", !isOpen);
  }

  function each(run, state = null) {
    for (const item of queue.items.filter((one) => state === null || one.state === state)) run(item);
  }

  /** Draws soon, and then at intervals while something moves. */
  function update() {
    timer ??= setTimeout(draw, 100);
  }

  function draw() {
    timer = null;
    const { items } = queue;
    if (items.length === 0) {
      panel.remove();
      rows.clear();
      return;
    }
    if (!panel.isConnected) document.body.append(panel);
    drawHead(items);
    drawRows(items);
    if (items.some(({ state }) => state === "sending")) timer = setTimeout(draw, INTERVAL);
    linger();
  }

  function linger() {
    clearTimeout(lingering);
    if (queue.items.some(({ state }) => state !== "done")) return;
    lingering = setTimeout(() => {
      if (panel.matches(":hover, :focus-within")) linger();
      else queue.clearDone();
    }, LINGER);
  }

  function drawHead(items) {
    const count = (...states) => items.filter(({ state }) => states.includes(state)).length;
    const [done, failed, paused, interrupted] = ["done", "failed", "paused", "interrupted"].map((one) => count(one));
    const active = count("queued", "sending", "waiting");
    const known = items.filter(({ state }) => state !== "interrupted" && state !== "failed");
    const size = known.reduce((sum, item) => sum + item.size, 0);
    const sent = known.reduce((sum, item) => sum + item.sent, 0);
    const heading = active > 0 ? t("uploading", { done: done + 1, count: known.length })
      : failed > 0 ? t("uploadsFailed", { count: failed })
        : paused > 0 ? t("uploadsPaused", { count: paused })
          : interrupted > 0 ? t("uploadsInterrupted", { count: interrupted }) : t("uploaded", { count: done });
    title.textContent = heading;
    panel.classList.toggle("failing", failed > 0);
    if (count("sending") > 0) total.rate.add(sent);
    else total.rate.reset();
    total.element.hidden = active + paused === 0;
    progress.value = size > 0 ? sent / size : done / Math.max(known.length, 1);
    text.textContent = progressText(sent, size, total.rate.value);
    again.hidden = interrupted === 0;
    pauseAll.hidden = active === 0;
    resumeAll.hidden = paused === 0;
    retryAll.hidden = items.filter(({ state, isRefused }) => state === "failed" && !isRefused).length < 2;
    stopAll.hidden = active + paused === 0;
    close.hidden = active + paused > 0;
    tools.hidden = [...tools.children].every(({ hidden }) => hidden);
    announce(items, heading, active, failed);
  }

  /** Only what a person waits for: the beginning, the end, and what does not go on. */
  function announce(items, heading, active, failed) {
    const stuck = items.find(({ state, reason }) => reason !== "" && ["failed", "waiting"].includes(state));
    const isOne = items.length === 1 && items[0].state === "done";
    const only = isOne ? tn("uploadedName", { name: shownName(nameOf(items[0].path)) }) : null;
    const parts = stuck ? tn("uploadStuck", { name: shownName(nameOf(stuck.path)), reason: shownProse(stuck.reason) })
      : active === 0 || !wasActive ? only ?? [heading] : null;
    wasActive = active > 0;
    const said = element("span", {}, ...parts ?? []);
    if (parts !== null && said.textContent !== status.textContent) status.replaceChildren(...said.childNodes);
  }

  function drawRows(items) {
    const shown = items.toSorted((one, other) => ORDER[one.state] - ORDER[other.state]).slice(0, MAX_ROWS);
    more.hidden = items.length <= MAX_ROWS;
    more.textContent = t("andMore", { count: items.length - MAX_ROWS });
    const focused = document.activeElement;
    for (const [item, row] of rows) {
      if (shown.includes(item)) continue;
      row.element.remove();
      rows.delete(item);
    }
    shown.forEach((item, index) => {
      if (!rows.has(item)) rows.set(item, makeRow(queue, item));
      const row = rows.get(item);
      row.draw();
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null);
    });
    // So that the keyboard can scroll a list without buttons.
    list.tabIndex = list.scrollHeight > list.clientHeight ? 0 : -1;
    // What is moved in the document loses the focus.
    if (panel.contains(focused) && focused !== document.activeElement) focused.focus();
  }

  return { update };
}

/** `2 MiB of 8 MiB · 1 MiB/s · 6 s left` */
function progressText(sent, size, rate) {
  const parts = [t("sentOf", { sent: shortSize(sent), size: shortSize(size) })];
  if (rate > 0 && sent < size) {
    parts.push(t("perSecond", { size: shortSize(Math.round(rate)) }),
      t("timeLeft", { time: duration((size - sent) / rate) }));
  }
  return parts.join(" · ");
}

/** Bytes per second, smoothed over some seconds. */
function makeRate() {
  let last = null;
  return {
    value: 0,
    /** After a break, as the time of it does not count. */
    reset() {
      this.value = 0;
      last = null;
    },
    add(sent) {
      const now = performance.now();
      if (last === null || sent < last.sent) {
        last = { sent, now };
        return;
      }
      const seconds = (now - last.now) / 1000;
      if (seconds < 0.3) return;
      const weight = this.value === 0 ? 1 : 1 - Math.exp(-seconds / 3);
      this.value += weight * ((sent - last.sent) / seconds - this.value);
      last = { sent, now };
    },
  };
}

function makeRow(queue, item) {
  const name = pathText(nameOf(item.path));
  const shown = () => shownName(nameOf(item.path));
  const rate = makeRate();
  // All of them from the beginning, as none can be loaded when the line is cut. The style sheet shows one.
  const mark = element("span", { class: "mark" }, icon("file"), icon("check"), icon("warning"));
  const how = element("p", { class: "how" });
  const progress = element("progress", { max: Math.max(item.size, 1), "aria-label": t("uploadOf", { name }) });
  const pause = iconButton(t("pauseName", { name }), "pause", () => queue.pause(item));
  const resume = iconButton(t("resumeName", { name }), "play", () => queue.resume(item));
  const retry = iconButton(t("retryName", { name }), "retry", () => queue.resume(item));
  const cancel = iconButton(t("cancelName", { name }), "close", () => queue.cancel(item));
  const what = element("p", { class: "what", title: pathText(item.path) }, shown());
  const row = element("li", {}, mark, what, how,
    element("div", { class: "row-tools" }, pause, resume, retry, cancel), progress);
  let drawn = null;
  let described = null;

  function describe() {
    const { state, sent, size, reason } = item;
    if (state === "sending") return sent < size ? progressText(sent, size, rate.value) : t("storing");
    if (reason !== "") return reason;
    const stopped = { interrupted: "stoppedAt", paused: "pausedAt" }[state];
    if (stopped) return t(stopped, { sent: shortSize(sent), size: shortSize(size) });
    return state === "queued" ? t("queued", { size: shortSize(size) }) : shortSize(size);
  }

  function draw() {
    const { state } = item;
    if (state === "sending") rate.add(item.sent);
    else rate.reset();
    const text = describe();
    if (text !== described) how.replaceChildren(shownProse(text));
    described = text;
    progress.value = item.size === 0 ? 1 : item.sent;
    if (state === drawn) return;
    const focused = document.activeElement;
    drawn = state;
    row.className = `transfer ${state}`;
    row.title = exactSize(item.size);
    progress.hidden = !["sending", "paused", "waiting", "interrupted"].includes(state);
    pause.hidden = !["queued", "sending"].includes(state);
    resume.hidden = state !== "paused";
    retry.hidden = !(state === "waiting" || (state === "failed" && !item.isRefused));
    cancel.hidden = state === "done";
    // To where the file is now.
    if (state === "done") what.replaceChildren(element("a", { href: folderAddress(folderOf(item.path)) }, shown()));
    if (row.contains(focused) && focused.hidden) row.querySelector("button:not([hidden])")?.focus();
  }

  return { element: row, draw };
}
