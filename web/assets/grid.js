// A list of many rows, of which only those in sight are in the document: a grid for keyboard and screen reader, with a
// selection like in a file manager of a desktop.
import { element, icon } from "./dom.js";
import { t } from "./strings.js";

/** Rows that are kept in the document above and below those in sight. */
const MARGIN = 12;

/**
 * @param {object} options
 *   `label` what the list is, for screen readers
 *   `columns` [{ id, label, sortable, className, cell(row) → (string | Node)[] }]
 *   `keyOf(row)` what identifies a row
 *   `nameOf(row)` its name in words
 *   `open(row)`, `menu(rows, anchor)`, `keys(event, rows)` what a person does; each may be left out
 *   `isPlain` whether nothing can be selected
 *   `decorate(element, row)` called for each row's element
 *   `more()` called when the end of the rows comes near
 *   `selected(rows)` called when the selection changes
 *   `sort(id)` called when a column's head is pressed
 */
export function makeGrid(options) {
  const { columns, keyOf } = options;
  let rows = [];
  let active = 0;
  let anchor = 0;
  let isBusy = false;
  let drawnHeight = 0;
  const selection = new Set();
  const shown = new Map();

  const space = element("div", { class: "grid-space", role: "presentation" });
  const body = element("div", { class: "grid-body", role: "rowgroup" }, space);
  const all = element("input",
    { type: "checkbox", "aria-label": t("selectAll"), onchange: () => selectAll(all.checked) });
  const heads = new Map(columns.map((column) => [column.id, headOf(column)]));
  const head = element("div", { class: "grid-head", role: "rowgroup" },
    element("div", { class: "grid-row", role: "row", "aria-rowindex": 1 },
      options.isPlain ? null : element("div", { class: "cell check", role: "columnheader" }, all), ...heads.values()));
  const grid = element("div", {
    class: "grid", role: "grid", "aria-label": options.label, "aria-multiselectable": options.isPlain ? null : "true",
    "aria-colcount": columns.length + (options.isPlain ? 0 : 1),
  }, head, body);

  function headOf(column) {
    const content = column.sortable
      ? element("button", { type: "button", onclick: () => options.sort(column.id) }, column.label)
      : element("span", { class: column.isUnseen ? "unseen" : "" }, column.label);
    return element("div", { class: `cell ${column.className ?? ""}`, role: "columnheader" }, content);
  }

  // What is in sight

  const rowHeight = () => Number.parseFloat(getComputedStyle(grid).getPropertyValue("--row-height")) || 48;

  function draw() {
    const height = rowHeight();
    const first = Math.max(Math.floor(body.scrollTop / height) - MARGIN, 0);
    const last = Math.min(Math.ceil((body.scrollTop + body.clientHeight) / height) + MARGIN, rows.length) - 1;
    for (const [index, made] of shown) {
      if ((index < first || index > last) && index !== active) {
        made.remove();
        shown.delete(index);
      }
    }
    for (let index = first; index <= last; index += 1) place(index, height);
    if (rows.length > 0) place(active, height);
    if (last >= rows.length - MARGIN * 2) options.more?.();
  }

  /** The rows stay in the order of the document, which is the order of reading. */
  function place(index, height) {
    if (shown.has(index) || index >= rows.length) return;
    const made = rowElement(rows[index], index);
    made.style.transform = `translateY(${index * height}px)`;
    const next = [...shown.keys()].filter((other) => other > index).sort((one, other) => one - other)[0];
    space.insertBefore(made, next === undefined ? null : shown.get(next));
    shown.set(index, made);
  }

  function rowElement(row, index) {
    const isSelected = selection.has(keyOf(row));
    const check = element("input", {
      type: "checkbox", "aria-label": t("selectRow", { name: options.nameOf(row) }), tabindex: -1,
    });
    check.checked = isSelected;
    const made = element("div", {
      class: "grid-row", role: "row", "aria-rowindex": index + 2,
      "aria-selected": options.isPlain ? null : String(isSelected), tabindex: index === active ? 0 : -1,
    }, options.isPlain ? null : element("div", { class: "cell check", role: "gridcell" }, check),
    ...columns.map((column) =>
      element("div", { class: `cell ${column.className ?? ""}`, role: "gridcell" }, ...column.cell(row))));
    made.dataset.index = index;
    options.decorate?.(made, row);
    setReachable(made, index === active);
    return made;
  }

  /** Only the controls of the active row can be reached by Tab. */
  function setReachable(made, isActive) {
    made.tabIndex = isActive ? 0 : -1;
    for (const control of made.querySelectorAll("a, button, input")) control.tabIndex = isActive ? 0 : -1;
  }

  function redraw() {
    for (const made of shown.values()) made.remove();
    shown.clear();
    drawnHeight = rowHeight();
    space.style.height = `${rows.length * drawnHeight}px`;
    grid.setAttribute("aria-rowcount", isBusy ? -1 : rows.length + 1);
    draw();
  }

  // Focus and selection

  function focus(index, { extend = false, keep = false } = {}) {
    if (rows.length === 0) return;
    const before = shown.get(active);
    active = Math.min(Math.max(index, 0), rows.length - 1);
    if (before) setReachable(before, false);
    reveal(active);
    draw();
    const made = shown.get(active);
    setReachable(made, true);
    made.focus({ preventScroll: true });
    if (extend) selectRange(anchor, active);
    else if (!keep) anchor = active;
  }

  function reveal(index) {
    const height = rowHeight();
    const top = index * height;
    if (top < body.scrollTop) body.scrollTop = top;
    else if (top + height > body.scrollTop + body.clientHeight) body.scrollTop = top + height - body.clientHeight;
  }

  function selectRange(from, to) {
    selection.clear();
    for (let index = Math.min(from, to); index <= Math.max(from, to); index += 1) selection.add(keyOf(rows[index]));
    showSelection();
  }

  function toggle(index) {
    const key = keyOf(rows[index]);
    if (!selection.delete(key)) selection.add(key);
    anchor = index;
    showSelection();
  }

  function selectAll(isWanted) {
    selection.clear();
    if (isWanted) for (const row of rows) selection.add(keyOf(row));
    showSelection();
  }

  function showSelection() {
    if (options.isPlain) {
      selection.clear();
      return;
    }
    for (const [index, made] of shown) {
      const isSelected = selection.has(keyOf(rows[index]));
      made.setAttribute("aria-selected", String(isSelected));
      made.querySelector("input[type=checkbox]").checked = isSelected;
    }
    all.checked = rows.length > 0 && selection.size === rows.length;
    all.indeterminate = selection.size > 0 && !all.checked;
    grid.classList.toggle("selecting", selection.size > 0);
    options.selected?.(selectedRows());
  }

  const selectedRows = () => rows.filter((row) => selection.has(keyOf(row)));
  /** The selection if the row is part of it, otherwise the row alone. */
  const rowsAt = (index) => (selection.has(keyOf(rows[index])) ? selectedRows() : [rows[index]]);
  const indexOf = (target) => {
    const made = target.closest?.(".grid-body .grid-row");
    return made ? Number(made.dataset.index) : null;
  };

  // What a person does

  body.addEventListener("scroll", draw, { passive: true });
  // Rows that stay as high keep their elements, and so the focus.
  // The heads stand above their columns, whether there is a scroll bar or not.
  new ResizeObserver(() => { head.style.paddingInlineEnd = `${body.offsetWidth - body.clientWidth}px`; }).observe(space);
  new ResizeObserver(() => (rowHeight() === drawnHeight ? draw() : redraw())).observe(body);

  body.addEventListener("focusin", (event) => {
    const index = indexOf(event.target);
    if (index === null || index === active) return;
    const before = shown.get(active);
    if (before) setReachable(before, false);
    active = index;
    setReachable(shown.get(index), true);
  });

  body.addEventListener("change", (event) => {
    const index = indexOf(event.target);
    if (index !== null && event.target.type === "checkbox") toggle(index);
  });

  body.addEventListener("click", (event) => {
    const index = indexOf(event.target);
    if (index === null || event.target.closest("a, button, input")) return;
    if (event.shiftKey) {
      focus(index, { extend: true });
    } else if (event.ctrlKey || event.metaKey) {
      focus(index, { keep: true });
      toggle(index);
    } else if (matchMedia("(hover: none)").matches && selection.size === 0) {
      options.open?.(rows[index]);
    } else if (matchMedia("(hover: none)").matches) {
      toggle(index);
    } else {
      focus(index);
      selectRange(index, index);
    }
  });

  body.addEventListener("dblclick", (event) => {
    const index = indexOf(event.target);
    if (index !== null && !event.target.closest("a, button, input")) options.open?.(rows[index]);
  });

  body.addEventListener("contextmenu", (event) => {
    const index = indexOf(event.target);
    if (index === null || !options.menu) return;
    event.preventDefault();
    focus(index, { keep: true });
    // By keyboard there is no place, so the menu opens at the row.
    const isByPointer = event.clientX > 0 || event.clientY > 0;
    options.menu(rowsAt(index), isByPointer ? { x: event.clientX, y: event.clientY } : shown.get(index));
  });

  grid.addEventListener("keydown", (event) => {
    if (rows.length === 0 || !body.contains(event.target)) return;
    const page = Math.max(Math.floor(body.clientHeight / rowHeight()) - 1, 1);
    const steps = {
      ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page,
      Home: 0, End: rows.length - 1,
    };
    const onRow = event.target.classList.contains("grid-row");
    if (event.key in steps) {
      focus(steps[event.key], { extend: event.shiftKey, keep: event.ctrlKey || event.metaKey });
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      selectAll(true);
    } else if (event.key === "Escape" && selection.size > 0) {
      selectAll(false);
    } else if (event.key === " " && onRow) {
      toggle(active);
    } else if (event.key === "Enter" && onRow) {
      options.open?.(rows[active]);
    } else if (!options.keys?.(event, rowsAt(active))) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    element: grid,
    body,
    rowsAt,
    get rows() { return rows; },
    get selected() { return selectedRows(); },
    clear: () => selectAll(false),
    focus: () => focus(active, { keep: true }),
    /** Shows rows; the selection and the active row stay where they are still there. */
    setRows(next, { complete = true, keepPlace = true } = {}) {
      const hadFocus = body.contains(document.activeElement);
      const activeKey = rows[active] && keyOf(rows[active]);
      rows = next;
      isBusy = !complete;
      if (!keepPlace) body.scrollTop = 0;
      const found = keepPlace && activeKey !== undefined ? rows.findIndex((row) => keyOf(row) === activeKey) : 0;
      active = Math.max(found >= 0 ? found : Math.min(active, rows.length - 1), 0);
      anchor = active;
      const keys = new Set(rows.map(keyOf));
      for (const key of selection) if (!keys.has(key)) selection.delete(key);
      redraw();
      showSelection();
      if (hadFocus && rows.length > 0) shown.get(active)?.focus({ preventScroll: true });
    },
    /** Adds rows at the end. */
    addRows(added, { complete }) {
      rows = rows.concat(added);
      isBusy = !complete;
      space.style.height = `${rows.length * rowHeight()}px`;
      grid.setAttribute("aria-rowcount", isBusy ? -1 : rows.length + 1);
      draw();
      showSelection();
    },
    showOrder(id, isDescending) {
      for (const [column, cell] of heads) {
        cell.removeAttribute("aria-sort");
        cell.querySelector(".icon")?.remove();
        if (column !== id) continue;
        cell.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
        cell.querySelector("button").append(icon(isDescending ? "down" : "up"));
      }
    },
  };
}
