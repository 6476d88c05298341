// Whether the system works, and what it holds.
import { read, request } from "./api.js";
import { card } from "./account.js";
import { element, icon } from "./dom.js";
import { bothSizes, shortSize, whole } from "./format.js";
import { shownName, shownProse } from "./names.js";
import { t } from "./strings.js";
import { button, failed, report } from "./ui.js";

const PAGE_SIZE = 1000;
/** How many of the largest accounts are shown. */
const LARGEST = 5;

export async function showState() {
  const content = element("div", { class: "view-scroll cards" });
  const view = element("section", { class: "view" },
    element("header", { class: "view-head" }, element("h1", { tabindex: -1 }, t("state")),
      element("div", { class: "tools" }, button(t("refresh"), load, { symbol: "retry" }))), content);

  async function load() {
    try {
      const [health, version, users, sessions] =
        await Promise.all([healthOf(), versionOf(), allUsers(), sessionCount()]);
      content.replaceChildren(
        element("div", {}, healthCard(health, version), countsCard(users, sessions)),
        element("div", {}, largestCard(users)));
    } catch (error) {
      if (error.status === 401) report(error);
      else content.replaceChildren(failed(error, load));
    }
  }

  await load();
  return { element: view, title: t("state"), focus: () => view.querySelector("h1").focus() };
}

/** null if everything works, otherwise what does not. */
async function healthOf() {
  try {
    await request("health/ready");
    return null;
  } catch (error) {
    return error.details ?? error.message;
  }
}

const versionOf = async () => (await read("openapi.json")).info.version;

async function sessionCount() {
  const response = await request("sessions?select=id&limit=1", { headers: { "Prefer": "count=exact" } });
  return Number(response.headers.get("Content-Range").split("/")[1]);
}

async function allUsers() {
  const users = [];
  for (;;) {
    const select = "id,email,role,disabled_at,used_bytes,trash_bytes,version_bytes,file_count,quota_bytes";
    const after = users.length > 0 ? `&id=gt.${users.at(-1).id}` : "";
    const page = await read(`users?select=${select}&order=id&limit=${PAGE_SIZE}${after}`);
    if (page.length === 0) return users;
    users.push(...page);
  }
}

function healthCard(problem, version) {
  const isReady = problem === null;
  return card(t("service"),
    element("p", { class: isReady ? "health" : "health bad" },
      icon(isReady ? "check" : "warning"), t(isReady ? "ready" : "notReady")),
    isReady ? null : element("p", { class: "problem" }, shownProse(problem)),
    list([[t("version"), version]]));
}

function countsCard(users, sessions) {
  const sum = (column) => users.reduce((total, user) => total + (user[column] ?? 0), 0);
  return card(t("contents"), list([
    [t("users"), whole(users.length)],
    [t("admins"), whole(users.filter((user) => user.role === "admin" && user.disabled_at === null).length)],
    [t("disabledUsers"), whole(users.filter((user) => user.disabled_at !== null).length)],
    [t("openSessions"), whole(sessions)],
    [t("files"), whole(sum("file_count"))],
    [t("sizeOfFiles"), bothSizes(sum("used_bytes"))],
    [t("trash"), bothSizes(sum("trash_bytes") - sum("version_bytes"))],
    [t("versions"), bothSizes(sum("version_bytes"))],
  ]));
}

/** Those who use most, each with a bar that is relative to the first. */
function largestCard(users) {
  const taken = (user) => (user.used_bytes ?? 0) + (user.trash_bytes ?? 0);
  const largest = users.toSorted((one, other) => taken(other) - taken(one)).slice(0, LARGEST);
  const most = Math.max(taken(largest[0]), 1);
  return card(t("largest"), element("ul", { class: "largest" }, ...largest.map((user) => element("li", {},
    element("a", { href: `#/admin/files/${encodeURIComponent(user.email)}` }, shownName(user.email)),
    element("span", {}, shortSize(taken(user))),
    element("meter", { min: 0, max: most, value: taken(user), "aria-label": t("usage") })))));
}

const list = (pairs) => element("dl", { class: "sums" },
  ...pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
