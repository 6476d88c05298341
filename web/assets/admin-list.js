// A page that lists rows of the server: filters, columns to sort by, and more rows as one scrolls.
import { request } from "./api.js";
import { element } from "./dom.js";
import { makeGrid } from "./grid.js";
import { t } from "./strings.js";
import { failed, labelled, placeholder, report } from "./ui.js";

const PAGE_SIZE = 500;
/** While a person types, the rows wait for this long. */
const PAUSE_MILLISECONDS = 300;

/** The pattern of PostgREST's ilike for a text that occurs anywhere. */
export const containing = (text) => `ilike.*${text.replace(/[\\%_*]/g, (sign) => `\\${sign}`)}*`;

/** A field of the filters. `type`: that of an input, or "select" with `choices` as [value, words]. */
export function filterField(label, { type = "search", choices = [], ...attributes } = {}) {
  const control = type === "select"
    ? element("select", attributes, ...choices.map(([value, words]) => element("option", { value }, words)))
    : element("input", { type, autocomplete: "off", spellcheck: "false", ...attributes });
  const { field } = labelled(label, {}, { control });
  field.classList.add("filter");
  return { control, field };
}

/** An input with the addresses of all users to choose from. */
export function ownerField(label, value = "") {
  const id = "all-users";
  const list = element("datalist", { id });
  const field = filterField(label, { list: id, value });
  request("users?select=email&order=email").then(async (response) => {
    for (const { email } of await response.json()) list.append(element("option", { value: email }));
  }).catch(() => {});
  field.field.append(list);
  return field;
}

/**
 * @param {object} options
 *   `title` the heading, which names the grid, too; `className` that of the grid
 *   `path`, `select` what is read; `order` [id, isDescending] how it is sorted at first
 *   `columns` as for makeGrid, each with `column`, the server's, if it can be sorted by
 *   `keyOf`, `nameOf`, `menu`, `open` as for makeGrid
 *   `fields` of filterField; `filters()` → pairs of a query, or null if nothing can match; it may be asynchronous
 *   `prepare(rows)` what must be known before rows are shown; `countText` the key of the text with their number
 *   `tools` buttons
 */
export function showList(options) {
  const { columns, path, fields } = options;
  let [sortId, isDescending] = options.order;
  let current = null;
  let rows = [];
  let total = 0;
  let isLast = false;
  let loading = null;
  let loader = new AbortController();

  const status = element("p", { class: "count", role: "status" });
  const content = element("div", { class: "content" });
  const grid = makeGrid({
    ...options, label: options.title, isPlain: true, more: () => loadMore().catch(report),
    sort: (id) => {
      isDescending = sortId === id && !isDescending;
      sortId = id;
      start();
    },
  });
  grid.element.classList.add("admin-list", options.className);

  async function query() {
    const pairs = await options.filters();
    const order = `${columns.find((column) => column.id === sortId).column}.${isDescending ? "desc" : "asc"}`;
    return pairs && [["select", options.select], ["order", order], ...pairs];
  }

  async function page(signal) {
    const place = rows.length === 0 ? [] : [["offset", rows.length]];
    const response = await request(`${path}?${new URLSearchParams([...current, ...place, ["limit", PAGE_SIZE]])}`,
      { signal, headers: rows.length === 0 ? { "Prefer": "count=exact" } : {} });
    const found = await response.json();
    await options.prepare?.(found);
    if (rows.length === 0) total = Number(response.headers.get("Content-Range")?.split("/")[1]) || found.length;
    // The server may be set to send fewer rows at a time than were asked for.
    isLast = found.length === 0 || rows.length + found.length >= total;
    return found;
  }

  /** Loads from the beginning. */
  async function start({ keepRows = false } = {}) {
    loader.abort();
    loader = new AbortController();
    const { signal } = loader;
    loading = null;
    if (!grid.element.isConnected) content.replaceChildren(waiting());
    try {
      const next = await query();
      if (signal.aborted) return;
      current = next;
      rows = [];
      const found = next === null ? [] : await page(signal);
      if (signal.aborted) return;
      rows = found;
      show(keepRows);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 401) report(error);
      else content.replaceChildren(failed(error, start));
    }
  }

  function show(keepPlace) {
    grid.showOrder(sortId, isDescending);
    choice.value = `${sortId}${isDescending ? "-down" : ""}`;
    if (rows.length === 0) content.replaceChildren(placeholder("search", t("nothingFound"), t("nothingMatches")));
    else if (!grid.element.isConnected) content.replaceChildren(grid.element);
    grid.setRows(rows, { complete: isLast, keepPlace });
    status.textContent = rows.length === 0 ? "" : t(options.countText, { count: total });
  }

  /** Loads once at a time. */
  function loadMore() {
    if (isLast || rows.length === 0) return Promise.resolve();
    const { signal } = loader;
    loading ??= page(signal).then((found) => {
      if (signal.aborted) return;
      rows = rows.concat(found);
      grid.addRows(found, { complete: isLast });
    }).finally(() => { if (!signal.aborted) loading = null; });
    return loading;
  }

  // On phones there are no heads to press.
  const choice = element("select", { class: "sort-choice", "aria-label": t("sortBy") },
    ...columns.filter((column) => column.sortable).flatMap(({ id, label }) => [["", "↑"], ["-down", "↓"]]
      .map(([end, sign]) => element("option", { value: id + end }, `${label} ${sign}`))));
  choice.addEventListener("change", () => {
    [sortId] = choice.value.split("-");
    isDescending = choice.value.endsWith("-down");
    start();
  });

  const form = element("form", { class: "filters", role: "search", "aria-label": t("filters") },
    ...fields.map((each) => each.field));
  let timer = null;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(start, event.target.type === "search" ? PAUSE_MILLISECONDS : 0);
  });

  const view = element("section", { class: "view" },
    element("header", { class: "view-head" }, element("h1", { tabindex: -1 }, options.title),
      element("div", { class: "tools" }, ...options.tools ?? [])),
    form, element("div", { class: "view-sub" }, status, choice), content);
  start();
  return {
    element: view, title: options.title,
    focus: () => (grid.element.isConnected ? grid.focus() : view.querySelector("h1").focus()),
    leave: () => { clearTimeout(timer); loader.abort(); },
    refresh: () => start({ keepRows: true }),
    get query() { return current; },
  };
}

const waiting = () => element("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: 8 }, () =>
  element("div", { class: "skeleton-row" }, element("span"), element("span"), element("span"))));
