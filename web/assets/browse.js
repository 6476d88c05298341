// The list of one folder, or of what a search has found.
import { contentAddress, download, folderOf, listFolder, pagedList, searchFiles, changes, MAX_FOUND } from "./files.js";
import { element, icon } from "./dom.js";
import { exactSize, shortSize } from "./format.js";
import { makeGrid } from "./grid.js";
import { pathText, shownName, shownPath, shownProse } from "./names.js";
import { language, t, tn } from "./strings.js";
import { button, failed, iconButton, placeholder, report, say, timeElement } from "./ui.js";

const MOVED = "application/x-coffer-entries";
const NATURAL = new Intl.Collator(language, { numeric: true });

/** The address of a folder within the page. */
export const folderAddress = (folder) =>
  `#/files${folder === "" ? "" : `/${folder.split("/").map(encodeURIComponent).join("/")}`}`;

const ICONS = [
  [/^image\//, "image"], [/^audio\//, "audio"], [/^video\//, "video"], [/zip|tar|compressed|archive/, "archive"],
  [/^text\/|pdf|document|json|xml/, "text"],
];

export const iconFor = (entry) =>
  (entry.isFolder ? "folder" : ICONS.find(([pattern]) => pattern.test(entry.type))?.[1] ?? "file");

/** How the lists are sorted; it stays from folder to folder. */
const order = { id: "name", isDescending: false };

const COMPARE = {
  name: (one, other) => NATURAL.compare(one.name, other.name),
  size: (one, other) => (one.size ?? 0) - (other.size ?? 0),
  changed: (one, other) => (one.changed ?? "").localeCompare(other.changed ?? ""),
};

function sorted(entries) {
  const sign = order.isDescending ? -1 : 1;
  return entries.toSorted((one, other) => other.isFolder - one.isFolder
    || sign * COMPARE[order.id](one, other) || NATURAL.compare(one.path, other.path));
}

/**
 * @param {object} context what the page offers to its views, see app.js
 * @param {{folder?: string, search?: string}} place
 */
export function showFiles(context, { folder = "", search = null }) {
  const isSearch = search !== null;
  const controller = new AbortController();
  const { signal } = controller;
  const list = pagedList(read, (added) => {
    if (isServersOrder()) grid.addRows(added, { complete: list.isLast });
    showCount();
  });

  const status = element("p", { class: "count", role: "status" });
  const content = element("div", { class: "content" });
  const grid = makeGrid({
    label: isSearch ? t("searchResults") : t("filesIn", { name: folder === "" ? t("files") : pathText(folder) }),
    columns: columns(),
    keyOf: (entry) => entry.path,
    nameOf: (entry) => pathText(entry.name),
    open,
    menu: (chosen, anchor) => act("openMenu", chosen, anchor),
    keys,
    decorate,
    more: () => list.more().catch(report),
    selected: showSelection,
    sort: (id) => sortBy(id, order.id === id ? !order.isDescending : id !== "name"),
  });

  // Loading

  async function read(last) {
    if (!isSearch) return listFolder(folder, last?.cursor ?? null, { signal });
    return { entries: await searchFiles(context.user.user_id, search, { signal }), isLast: true };
  }

  async function load({ keepPlace = true } = {}) {
    await list.reload();
    if (!isServersOrder()) await loadAll();
    show({ keepPlace });
  }

  const loadAll = () =>
    list.all(() => { status.textContent = t("loading", { count: list.entries.length }); });

  /** Only a folder that is known as a whole can be sorted here; a long one comes in the server's order of names. */
  const isServersOrder = () => order.id === "name" && !order.isDescending;

  async function sortBy(id, isDescending) {
    Object.assign(order, { id, isDescending });
    try {
      if (!isServersOrder()) await loadAll();
      show({ keepPlace: false });
    } catch (error) {
      report(error);
    }
  }

  // What is shown

  function show(options) {
    const { entries, isLast } = list;
    const isWhole = isLast && (entries.length <= 5000 || !isServersOrder());
    grid.showOrder(order.id, order.isDescending);
    sortChoice.value = `${order.id}${order.isDescending ? "-down" : ""}`;
    if (entries.length === 0) {
      content.replaceChildren(isSearch
        ? placeholder("search", t("nothingFound"), tn("nothingFoundText", { text: shownName(search) }))
        : emptyFolder());
    } else if (!grid.element.isConnected) {
      content.replaceChildren(grid.element);
    }
    grid.setRows(isWhole ? sorted(entries) : entries, { complete: isLast, ...options });
    showCount();
  }

  function emptyFolder() {
    const isRoot = folder === "";
    return placeholder("upload", isRoot ? t("noFiles") : t("emptyFolder"), t("dropHere"),
      button(t("uploadFiles"), () => context.chooseFiles(folder), { symbol: "upload", kind: "primary" }));
  }

  function showCount() {
    const { entries, isLast } = list;
    const key = isSearch && entries.length >= MAX_FOUND ? "firstFound" : isLast ? "entries" : "entriesLoaded";
    status.textContent = entries.length === 0 ? "" : t(key, { count: entries.length });
  }

  function columns() {
    return [
      { id: "name", label: t("name"), sortable: true, className: "name", cell: nameCell },
      { id: "size", label: t("size"), sortable: true, className: "size", cell: sizeCell },
      { id: "changed", label: t("changed"), sortable: true, className: "changed", cell: timeCell },
      { id: "description", label: t("description"), className: "description",
        cell: (entry) => [shownProse(entry.description)] },
      { id: "actions", label: t("actions"), className: "row-actions", isUnseen: true, cell: actionsCell },
    ];
  }

  function nameCell(entry) {
    const name = isSearch ? shownPath(entry.path) : shownName(entry.name);
    const attributes = entry.isFolder
      ? { href: folderAddress(entry.path) }
      : { href: contentAddress(entry.path), onclick: (event) => openByClick(event, entry) };
    return [icon(iconFor(entry)),
      element("a", { class: "entry", title: pathText(entry.path), draggable: "false", ...attributes }, name)];
  }

  function openByClick(event, entry) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(entry);
  }

  function sizeCell(entry) {
    if (entry.isFolder && entry.count === 0) return ["–"];
    return [element("span", { title: exactSize(entry.size) }, shortSize(entry.size))];
  }

  function timeCell(entry) {
    if (entry.isFolder) return [t("fileCount", { count: entry.count })];
    return [timeElement(entry.changed)];
  }

  function actionsCell(entry) {
    const name = pathText(entry.name);
    const menu = iconButton(t("actionsFor", { name }), "more", () => act("openMenu", [entry], menu),
      { "aria-haspopup": "menu" });
    const save = iconButton(t("downloadName", { name }), "download", () => download(entry)
      .then(() => say(tn("downloadStarted", { name: shownName(entry.name) }))).catch(report));
    return [save, menu];
  }

  // What a person does

  function open(entry) {
    if (entry.isFolder) location.hash = folderAddress(entry.path);
    else act("preview", [entry]);
  }

  async function act(name, chosen, extra) {
    try {
      const actions = await import("./actions.js");
      const files = () => grid.rows.filter((other) => !other.isFolder);
      await actions[name]({ ...context, folder, refresh: load, open, files }, chosen, extra);
    } catch (error) {
      report(error);
    }
  }

  const KEYS = { Delete: "remove", F2: "rename", m: "move", c: "copy", d: "downloadAll", i: "details" };

  function keys(event, chosen) {
    if (event.key === "F10" && event.shiftKey) {
      act("openMenu", chosen, event.target.closest(".grid-row"));
      return true;
    }
    if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (chosen.length > 1 && ["rename", "details"].includes(KEYS[event.key])) return true;
    act(KEYS[event.key], chosen);
    return true;
  }

  // Dragging rows onto folders

  function decorate(row, entry) {
    row.draggable = true;
    row.addEventListener("dragstart", (event) => {
      const chosen = grid.rowsAt(Number(row.dataset.index));
      event.dataTransfer.setData(MOVED, JSON.stringify(chosen));
      event.dataTransfer.setData("text/plain", chosen.map((each) => each.path).join("\n"));
      event.dataTransfer.effectAllowed = "move";
    });
    if (entry.isFolder) acceptDrop(row, entry.path);
  }

  function acceptDrop(target, into) {
    target.addEventListener("dragover", (event) => {
      const { types } = event.dataTransfer;
      if (!types.includes(MOVED) && !types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      event.dataTransfer.dropEffect = types.includes(MOVED) ? "move" : "copy";
      target.classList.add("dropping");
      content.classList.remove("dropping");
    });
    for (const type of ["dragleave", "drop"]) target.addEventListener(type, () => target.classList.remove("dropping"));
    target.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const moved = event.dataTransfer.getData(MOVED);
      if (moved) act("moveInto", JSON.parse(moved).filter((each) => each.path !== into), into);
      else context.dropFiles(event.dataTransfer, into);
    });
  }

  function acceptFiles(target) {
    target.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      content.classList.add("dropping");
    });
    target.addEventListener("dragleave", (event) => {
      if (!target.contains(event.relatedTarget)) content.classList.remove("dropping");
    });
    target.addEventListener("drop", (event) => {
      content.classList.remove("dropping");
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      context.dropFiles(event.dataTransfer, folder);
    });
  }

  // The frame

  const breadcrumbs = isSearch ? element("h1", {}, ...tn("searchFor", { text: shownName(search) })) : trail();

  function trail() {
    const names = folder === "" ? [] : folder.split("/");
    const steps = names.map((name, index) => ({ name: shownName(name), path: names.slice(0, index + 1).join("/") }));
    const items = [{ name: t("files"), path: "" }, ...steps].map(({ name, path }) => {
      const isHere = path === folder;
      const link = isHere
        ? element("h1", { "aria-current": "page", tabindex: -1 }, name)
        : element("a", { href: folderAddress(path) }, name);
      if (!isHere) acceptDrop(link, path);
      return element("li", {}, link);
    });
    return element("nav", { class: "trail", "aria-label": t("breadcrumbs") }, element("ol", {}, ...items));
  }

  const sortChoice = element("select", { class: "sort-choice", "aria-label": t("sortBy") }, ...[
    ["name", "sortName"], ["name-down", "sortNameDown"], ["changed-down", "sortNewest"], ["changed", "sortOldest"],
    ["size-down", "sortLargest"], ["size", "sortSmallest"],
  ].map(([value, label]) => element("option", { value }, t(label))));
  sortChoice.addEventListener("change", () =>
    sortBy(sortChoice.value.split("-")[0], sortChoice.value.endsWith("-down")));

  const tools = element("div", { class: "tools" }, ...(isSearch ? [] : [
    button(t("uploadFiles"), () => context.chooseFiles(folder), { symbol: "upload", kind: "primary" }),
    button(t("uploadFolder"), () => context.chooseFolder(folder), { symbol: "files", kind: "wide-only" }),
    button(t("newFolder"), () => act("newFolder", []), { symbol: "new-folder" }),
  ]));
  const selectionText = element("span", { role: "status" });
  const selectionTools = element("div",
    { class: "tools selection", role: "toolbar", "aria-label": t("selection"), hidden: true },
    iconButton(t("clearSelection"), "close", () => grid.clear()), selectionText, ...[
      ["downloadAll", "download", "download"], ["move", "move", "move"], ["copy", "copy", "copy"],
      ["remove", "delete", "trash"],
    ].map(([name, label, symbol]) => button(t(label), () => act(name, grid.selected), { symbol, kind: "quiet" })));

  function showSelection(chosen) {
    selectionTools.hidden = chosen.length === 0;
    tools.hidden = chosen.length > 0;
    selectionText.textContent = t("selected", { count: chosen.length });
  }

  const view = element("section", { class: "view browse" },
    element("header", { class: "view-head" }, breadcrumbs, tools, selectionTools),
    element("div", { class: "view-sub" }, status, sortChoice), content);
  acceptFiles(view);

  let timer = null;
  changes.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(() => load().catch(report), 200);
  }, { signal });

  function start() {
    content.replaceChildren(skeleton());
    load({ keepPlace: false }).catch((error) => {
      if (error.name === "AbortError") return;
      if (error.status === 401) report(error);
      else content.replaceChildren(failed(error, start));
    });
  }
  start();

  const title = isSearch ? t("searchResults") : folder === "" ? t("files") : pathText(folder.split("/").at(-1));
  return {
    element: view, title, search, folder: isSearch ? null : folder,
    focus: () => (grid.element.isConnected && grid.rows.length > 0 ? grid.focus() : view.querySelector("h1")?.focus()),
    leave: () => controller.abort(),
    newFolder: () => act("newFolder", []),
    up: () => { if (folder !== "") location.hash = folderAddress(folderOf(folder)); },
  };
}

function skeleton() {
  const line = () => element("div", { class: "skeleton-row" }, element("span"), element("span"), element("span"));
  return element("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: 8 }, line));
}

