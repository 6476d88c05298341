// The frame of the web app: who is logged in, the navigation, and the view for the address behind `#`. Addresses there
// are never sent, so no name of a file gets into a web server's log.
import { goToLogin, logOut, whoAmI } from "./api.js";
import { folderAddress, showFiles } from "./browse.js";
import { element, icon } from "./dom.js";
import { changes } from "./files.js";
import { shortSize } from "./format.js";
import { shownName } from "./names.js";
import { t } from "./strings.js";
import { iconButton, report, whenSessionEnds } from "./ui.js";

const VIEWS = [
  { route: "files", label: "files", symbol: "files" },
  { route: "trash", label: "trash", symbol: "trash" },
  { route: "account", label: "account", symbol: "person" },
  { route: "admin/files", label: "allFiles", symbol: "archive", isForAdmins: true },
  { route: "admin/people", label: "people", symbol: "people", isForAdmins: true },
  { route: "admin/audit", label: "auditLog", symbol: "log", isForAdmins: true },
  { route: "admin/state", label: "state", symbol: "state", isForAdmins: true },
];

/** In milliseconds. */
const AFTER_FIRST_VIEW = 2000;

const main = element("main", { id: "main", tabindex: -1 });
const usage = element("div", { class: "usage" });
const searchField = element("input", {
  type: "search", "aria-label": t("search"), placeholder: t("search"), autocomplete: "off",
});
let current = null;
let uploads = null;

/** What the views may use of the page. */
const context = {
  user: null,
  refreshUsage,
  logOut: onLogout,
  chooseFiles: (folder) => choose(folder, false),
  chooseFolder: (folder) => choose(folder, true),
  dropFiles: async (transfer, folder) => {
    // The browser forgets what was dropped as soon as the event has ended.
    const items = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = Array.from(transfer.files);
    await withUploads((queue) => queue.addDropped(items, files, folder));
  },
};

// Views

function routeOf(hash) {
  const [, route = "", ...rest] = hash.split("/");
  const parts = rest.map(decode);
  if (route === "search") return { route, show: () => showFiles(context, { search: parts.join("/") }) };
  if (route === "trash") return { route, show: async () => (await import("./trash.js")).showTrash(context, ...parts) };
  if (route === "account") return { route, show: async () => (await import("./account.js")).showAccount(context) };
  if (route === "admin" && context.user.role === "admin") {
    return { route: `admin/${parts[0]}`, show: async () => (await import("./admin.js")).showAdmin(context, ...parts) };
  }
  return { route: "files", show: () => showFiles(context, { folder: route === "files" ? parts.join("/") : "" }) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function showRoute() {
  const { hash } = location;
  const { route, show } = routeOf(hash);
  current?.leave?.();
  let view;
  try {
    view = await show();
  } catch (error) {
    report(error);
    return;
  }
  // A view that was slow to open must not replace a later one.
  if (hash !== location.hash) {
    view.leave?.();
    return;
  }
  const isFirst = current === null;
  current = view;
  main.replaceChildren(view.element);
  document.title = `${view.title} – Coffer`;
  searchField.value = view.search ?? "";
  for (const link of document.querySelectorAll(".side a")) {
    if (link.dataset.route === route) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.classList.remove("side-open");
  if (!isFirst) main.focus({ preventScroll: true });
}

// The frame

function frame() {
  const links = VIEWS.filter((view) => !view.isForAdmins || context.user.role === "admin").map((view) =>
    element("li", {}, element("a", { href: `#/${view.route}`, "data-route": view.route },
      icon(view.symbol), t(view.label))));
  const search = element("form", { class: "search", role: "search" }, icon("search"), searchField);
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = searchField.value.trim();
    location.hash = text === "" ? folderAddress("") : `#/search/${encodeURIComponent(text)}`;
  });
  const skip = element("a", { class: "skip", href: "#main", onclick: (event) => {
    event.preventDefault();
    main.focus();
  } }, t("skip"));
  const menu = iconButton(t("menu"), "menu", () => document.body.classList.toggle("side-open"),
    { class: "icon-button menu-button" });
  const who = element("span", { class: "who", id: "who" }, shownName(context.user.email));
  const leave = element("button", { type: "button", class: "button quiet", id: "logout", onclick: onLogout },
    icon("logout"), element("span", {}, t("logOut")));
  document.body.prepend(skip,
    element("header", { class: "top" }, menu,
      element("a", { class: "brand", href: folderAddress("") }, icon("logo"), "Coffer"),
      search, iconButton(t("help"), "help", showHelp, { class: "icon-button wide-only" }), who, leave),
    element("nav", { class: "side", "aria-label": t("navigation") }, element("ul", {}, ...links), usage), main);
}

async function refreshUsage() {
  context.user = await whoAmI();
  const { used_bytes: used, trash_bytes: trash, quota_bytes: quota } = context.user;
  const taken = used + trash;
  const text = quota === null
    ? t("used", { size: shortSize(taken) })
    : t("usedOf", { size: shortSize(taken), quota: shortSize(quota) });
  const bar = quota === null ? null : element("meter", {
    min: 0, max: Math.max(quota, 1), value: Math.min(taken, quota), high: quota * 0.9, "aria-label": t("usage"),
  });
  usage.replaceChildren(...[bar, element("p", {}, text)].filter(Boolean));
}

async function onLogout(event) {
  const pressed = event.currentTarget;
  if (uploads?.isActive && !(await uploads.askToLeave())) return;
  pressed.disabled = true;
  try {
    await uploads?.forget();
    await logOut();
    goToLogin({ keepPlace: false });
  } catch (error) {
    pressed.disabled = false;
    report(error);
  }
}

// Uploads

async function withUploads(use) {
  try {
    uploads ??= (await import("./uploads.js")).startUploads(context);
    await use(uploads);
  } catch (error) {
    report(error);
  }
}

function hasInterruptedUploads() {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith("coffer-upload/"));
  } catch {
    return false;
  }
}

/** The field stays in the document, where programs that drive browsers find it, too. */
const chooser = element("input", {
  type: "file", multiple: true, class: "unseen", id: "chooser", tabindex: -1, "aria-label": t("chooseFiles"),
});
let chosenFolder = null;

function choose(folder, isFolder) {
  chosenFolder = folder;
  chooser.webkitdirectory = isFolder;
  chooser.click();
}

chooser.addEventListener("change", () => {
  const files = Array.from(chooser.files);
  chooser.value = "";
  withUploads((queue) => queue.addChosen(files, chosenFolder ?? current?.folder ?? ""));
});

document.addEventListener("paste", (event) => {
  const files = Array.from(event.clipboardData?.files ?? []);
  if (files.length === 0 || event.target.closest("input, textarea, dialog")) return;
  event.preventDefault();
  withUploads((queue) => queue.addPasted(files, current?.folder ?? ""));
});

// Keys for the whole page

const showHelp = async () => (await import("./help.js")).showHelp();

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog, [role=menu]")
    || event.ctrlKey || event.metaKey || event.altKey) return;
  const run = {
    "?": showHelp, "/": () => searchField.focus(),
    "n": () => current?.newFolder?.(), "u": () => choose(current?.folder ?? "", false),
    "Backspace": () => current?.up?.(), "ArrowDown": () => current?.focus?.(),
  }[event.key];
  if (!run) return;
  event.preventDefault();
  run();
});

/** What browsers need to install the app, once the first view is there. */
function becomeInstallable() {
  document.head.append(element("link", { rel: "manifest", href: "assets/app.webmanifest" }));
  // Where the connection is not safe, browsers do not have it.
  navigator.serviceWorker?.register("assets/worker.js", { scope: "./" }).catch(() => {});
}

async function start() {
  whenSessionEnds(async () => {
    if (!uploads?.isActive) goToLogin({ ended: true });
    else (await import("./login-dialog.js")).askToLogIn(context.user.email)
      .then((isLoggedIn) => isLoggedIn && uploads.resume());
  });
  try {
    await refreshUsage();
  } catch (error) {
    if (error.status === 401) goToLogin();
    else report(error);
    return;
  }
  frame();
  document.body.append(chooser);
  window.addEventListener("hashchange", showRoute);
  changes.addEventListener("change", () => refreshUsage().catch(() => {}));
  await showRoute();
  document.body.classList.add("ready");
  // Those of a page that was closed or reloaded wait for their files.
  if (hasInterruptedUploads()) withUploads(() => {});
  setTimeout(becomeInstallable, AFTER_FIRST_VIEW);
}

// After "back" the browser may show the old page, although the session has ended.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
start();
