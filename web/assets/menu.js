// A menu at a place of the page, by the pattern of WAI-ARIA.
import { element, icon } from "./dom.js";

let open = null;

/**
 * @param {({label: string, symbol: string, run: () => void, kind?: string} | null)[]} items null draws a line
 * @param {{x: number, y: number} | HTMLElement} anchor a place, or the element to open it at
 */
export function openMenu(items, anchor, label) {
  open?.();
  const before = document.activeElement;
  const entries = items.map((item) => (item === null
    ? element("div", { role: "separator" })
    : element("button",
      { type: "button", role: "menuitem", tabindex: -1, class: item.kind ?? "", onclick: () => choose(item) },
      icon(item.symbol), item.label)));
  const menu = element("div", { class: "menu", role: "menu", "aria-label": label }, ...entries);
  const buttons = entries.filter((entry) => entry.tagName === "BUTTON");

  function close({ restore = true } = {}) {
    open = null;
    menu.remove();
    document.removeEventListener("pointerdown", onOutside, true);
    window.removeEventListener("resize", close);
    if (restore && before?.isConnected) before.focus();
  }

  function choose(item) {
    close();
    item.run();
  }

  function onOutside(event) {
    if (!menu.contains(event.target)) close({ restore: false });
  }

  menu.addEventListener("keydown", (event) => {
    const index = buttons.indexOf(document.activeElement);
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
    event.stopPropagation();
    if (next !== undefined) buttons.at(next % buttons.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key.length === 1) {
      buttons.find((entry) => entry.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
      return;
    } else return;
    event.preventDefault();
  });
  document.addEventListener("pointerdown", onOutside, true);
  window.addEventListener("resize", close);
  document.body.append(menu);
  put(menu, anchor);
  buttons[0].focus();
  open = close;
}

/** Beside the anchor, within the window. */
function put(menu, anchor) {
  const box = anchor instanceof HTMLElement ? anchor.getBoundingClientRect() : null;
  const x = box ? box.right - menu.offsetWidth : anchor.x;
  const y = box ? box.bottom : anchor.y;
  const below = y + menu.offsetHeight <= innerHeight - 8;
  const top = below ? y : Math.max((box ? box.top : y) - menu.offsetHeight, 8);
  menu.style.left = `${Math.min(Math.max(x, 8), innerWidth - menu.offsetWidth - 8)}px`;
  menu.style.top = `${top}px`;
}
