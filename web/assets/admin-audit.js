// The audit log: who did what and when, to look through and to save.
import { read, request } from "./api.js";
import { containing, filterField, ownerField, showList } from "./admin-list.js";
import { element } from "./dom.js";
import { pathText, shownName, shownPath } from "./names.js";
import { t } from "./strings.js";
import { button, dateAndTime, report, say } from "./ui.js";

const ACTIONS = [
  "login", "login_failed", "login_blocked", "logout", "session_revoke", "retrieve", "store", "move", "delete", "trash",
  "restore", "purge", "user_create", "user_password", "user_disable", "user_enable", "user_role", "user_quota",
  "user_delete", "key_rotate", "key_retire",
];
/** What is about a file, so that its subject is a path. */
const OF_FILES = ["retrieve", "store", "move", "delete", "trash", "restore", "purge"];
/** What no one needs to be logged in for. */
const ANONYMOUS = ["login_failed", "login_blocked"];
const COLUMNS = "id,occurred_at,actor_id,user_id,action,subject,request_id,remote_address";
/** Rows in one answer of the server, whose own limit may be lower. */
const EXPORT_SIZE = 1000;
const BATCH_SIZE = 50;

/** @param {string} address whose entries are shown at first */
export function showAudit(context, address = "") {
  /** The addresses of the users by their ids; null for one who has been deleted. */
  const people = new Map();
  const user = ownerField(t("person"), address);
  const actions = ACTIONS.map((each) => [each, t(`did_${each}`)]);
  const action = filterField(t("action"), { type: "select", choices: [["", t("all")], ...actions] });
  const from = filterField(t("from"), { type: "date" });
  const to = filterField(t("to"), { type: "date" });

  const view = showList({
    title: t("auditLog"), className: "audit", path: "audit_log", countText: "entries", select: COLUMNS,
    order: ["time", true],
    columns: [
      { id: "time", column: "id", label: t("time"), sortable: true, className: "time",
        cell: (row) => [dateAndTime(row.occurred_at)] },
      { id: "person", label: t("person"), className: "name", cell: personCell },
      { id: "action", label: t("action"), className: "action", cell: (row) => [t(`did_${row.action}`)] },
      { id: "subject", label: t("subject"), className: "subject", cell: subjectCell },
      { id: "address", label: t("address"), className: "address", cell: (row) => [row.remote_address ?? ""] },
    ],
    keyOf: (row) => row.id,
    nameOf: (row) => `${t(`did_${row.action}`)} ${pathText(row.subject ?? "")}`,
    fields: [user, action, from, to],
    filters,
    prepare: learnPeople,
    tools: [button(t("saveCSV"), (event) => saveCSV(event.currentTarget), { symbol: "download" })],
  });

  async function filters() {
    const pairs = [];
    if (user.control.value !== "") {
      const query = new URLSearchParams({ select: "id", email: containing(user.control.value), limit: BATCH_SIZE });
      const found = await read(`users?${query}`);
      if (found.length === 0) return null;
      const ids = found.map(({ id }) => id).join(",");
      pairs.push(["or", `(user_id.in.(${ids}),actor_id.in.(${ids}))`]);
    }
    if (action.control.value !== "") pairs.push(["action", `eq.${action.control.value}`]);
    if (from.control.value !== "") pairs.push(["occurred_at", `gte.${dayStart(from.control.value, 0)}`]);
    if (to.control.value !== "") pairs.push(["occurred_at", `lt.${dayStart(to.control.value, 1)}`]);
    return pairs;
  }

  async function learnPeople(rows) {
    const ids = [...new Set(rows.flatMap((row) => [row.user_id, row.actor_id]))]
      .filter((id) => id !== null && !people.has(id));
    for (let start = 0; start < ids.length; start += BATCH_SIZE) {
      const some = ids.slice(start, start + BATCH_SIZE);
      for (const id of some) people.set(id, null);
      for (const { id, email } of await read(`users?select=id,email&id=in.(${some.join(",")})`)) people.set(id, email);
    }
  }

  const nameOfPerson = (id) => (people.get(id) ? shownName(people.get(id)) : t("formerUser", { id: id.slice(0, 8) }));

  /** Whose account it was, and who did it if that was another. */
  function personCell({ user_id: owner, actor_id: actor, action: what }) {
    const name = owner === null ? t("nobody") : nameOfPerson(owner);
    if (owner === actor || ANONYMOUS.includes(what)) return [element("span", { class: "entry" }, name)];
    return [element("span", { class: "entry" }, name),
      element("span", { class: "by" }, t("by"), " ", actor === null ? t("operator") : nameOfPerson(actor))];
  }

  async function saveCSV(pressed) {
    if (view.query === null) return;
    pressed.disabled = true;
    try {
      const name = `audit-log-${new Date().toISOString().slice(0, 10)}.csv`;
      saveBlob(new Blob(await csvOf(view.query), { type: "text/csv" }), name);
      say([t("savedAs", { name })]);
    } catch (error) {
      report(error);
    } finally {
      pressed.disabled = false;
    }
  }

  return view;
}

function subjectCell({ action, subject }) {
  if (subject === null) return [];
  return [element("span", { title: pathText(subject) },
    OF_FILES.includes(action) ? shownPath(subject) : shownName(subject))];
}

/** The beginning of a day here, or of one after it. */
function dayStart(day, later) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

/** All entries of a query as parts of one CSV file, the newest first. The server limits the rows of an answer. */
async function csvOf(query) {
  const parts = [];
  const pairs = query.filter(([name]) => name !== "order");
  let last = null;
  for (;;) {
    const place = last === null ? [] : [["id", `lt.${last}`]];
    const parameters = new URLSearchParams([...pairs, ["order", "id.desc"], ...place, ["limit", EXPORT_SIZE]]);
    const text = await (await request(`audit_log?${parameters}`, { headers: { "Accept": "text/csv" } })).text();
    const lines = text.trimEnd().split("\r\n");
    if (lines.length === 1 && last !== null) return parts;
    parts.push(last === null ? text : `${lines.slice(1).join("\r\n")}\r\n`);
    if (lines.length === 1) return parts;
    // The id comes first. No subject has a line break.
    last = Number.parseInt(lines.at(-1), 10);
  }
}

function saveBlob(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
