// The accounts: who there is, what they use, and what an admin can do with them.
import { call, request } from "./api.js";
import { containing, filterField, showList } from "./admin-list.js";
import { element, icon } from "./dom.js";
import { bothSizes, shortSize } from "./format.js";
import { openMenu } from "./menu.js";
import { pathText, shownName } from "./names.js";
import { newPasswordField, problemWithPassword, randomPassword } from "./password.js";
import { sessionList } from "./sessions.js";
import { t, tn } from "./strings.js";
import { ask, askForm, button, iconButton, labelled, openDialog, report, say, timeElement } from "./ui.js";

const GIBIBYTE = 2 ** 30;
/** The server's code for an address that another account has. */
const TAKEN = "23505";
const ROLES = ["editor", "admin"];

export function showPeople(context) {
  const text = filterField(t("email"));
  const roles = ROLES.map((each) => [each, t(`role_${each}`)]);
  const role = filterField(t("role"), { type: "select", choices: [["", t("all")], ...roles] });
  const view = showList({
    title: t("people"), className: "people", path: "users", countText: "userCount",
    select: "id,email,role,quota_bytes,used_bytes,trash_bytes,file_count,disabled_at,created_at",
    order: ["email", false],
    columns: [
      { id: "email", column: "email", label: t("email"), sortable: true, className: "name", cell: emailCell },
      { id: "role", column: "role", label: t("role"), sortable: true, className: "role",
        cell: (user) => [t(`role_${user.role}`)] },
      { id: "used", column: "used_bytes", label: t("usage"), sortable: true, className: "used", cell: usageCell },
      { id: "count", column: "file_count", label: t("files"), sortable: true, className: "counted",
        cell: (user) => [t("fileCount", { count: user.file_count ?? 0 })] },
      { id: "created", column: "created_at", label: t("created"), sortable: true, className: "created",
        cell: (user) => [timeElement(user.created_at)] },
      { id: "actions", label: t("actions"), className: "row-actions", isUnseen: true, cell: actionsCell },
    ],
    keyOf: (user) => user.id,
    nameOf: (user) => pathText(user.email),
    open: (user) => showSessions(user),
    menu: ([user], anchor) => menuOf(user, anchor),
    fields: [text, role],
    filters: () => [
      ...(text.control.value === "" ? [] : [["email", containing(text.control.value)]]),
      ...(role.control.value === "" ? [] : [["role", `eq.${role.control.value}`]]),
    ],
    tools: [button(t("newUser"), () => create(), { symbol: "person", kind: "primary" })],
  });

  function emailCell(user) {
    return [icon("person"), element("span", { class: "entry", title: pathText(user.email) }, shownName(user.email)),
      user.disabled_at === null ? null : element("span", { class: "badge danger" }, t("disabled")),
      user.id === context.user.user_id ? element("span", { class: "badge" }, t("you")) : null];
  }

  function usageCell(user) {
    const { quota_bytes: quota } = user;
    const taken = takenBy(user);
    const words = quota === null ? shortSize(taken) : t("sizeOf", { size: shortSize(taken), quota: shortSize(quota) });
    return [element("span", { title: bothSizes(taken) }, words), quota === null ? null : element("meter", {
      min: 0, max: Math.max(quota, 1), value: Math.min(taken, quota), high: quota * 0.9, "aria-label": t("usage"),
    })];
  }

  function actionsCell(user) {
    const name = pathText(user.email);
    const more = iconButton(t("actionsFor", { name }), "more", () => menuOf(user, more), { "aria-haspopup": "menu" });
    return [more];
  }

  function menuOf(user, anchor) {
    const name = pathText(user.email);
    const isDisabled = user.disabled_at !== null;
    const item = (label, symbol, run, kind) => ({ label: t(label), symbol, kind, run: () => run().catch(report) });
    openMenu([
      item("sessions", "state", () => showSessions(user)),
      { label: t("showFiles"), symbol: "files", run: () => go("files", user) },
      { label: t("showAudit"), symbol: "log", run: () => go("audit", user) },
      null,
      item("changeRole", "people", () => changeRole(user)),
      item("changeQuota", "archive", () => changeQuota(user)),
      item("resetPassword", "eye", () => resetPassword(user)),
      null,
      isDisabled ? item("enable", "play", () => enable(user)) : item("disable", "pause", () => disable(user)),
      item("deleteUser", "trash", () => remove(user), "danger"),
    ], anchor, t("actionsFor", { name }));
  }

  /** What has changed is said and shown. */
  function done(key, user) {
    say(tn(key, { name: shownName(user.email) }));
    view.refresh();
  }

  const change = (user, values) => request(`users?id=eq.${user.id}`, { method: "PATCH", json: values });

  async function create() {
    const email = labelled(t("email"), { type: "email", required: true, autocomplete: "off", autofocus: true });
    const kind = roleField("editor");
    const quota = quotaField(null);
    const password = givenPassword();
    const fields = [email.field, kind.field, quota.field, ...password.fields];
    const made = await askForm(t("newUser"), fields, t("create"), async () => {
      password.check(email.input.value);
      await call("create_user", {
        p_email: email.input.value, p_password: password.input.value,
        p_role: kind.input.value, p_quota_bytes: quota.bytes(),
      }).catch((error) => { throw error.code === TAKEN ? new Error(t("emailTaken")) : error; });
      return email.input.value;
    });
    if (made) done("userCreated", { email: made });
  }

  async function changeRole(user) {
    const field = roleField(user.role, true);
    const isDone = await askForm(nameIn("changeRoleOf", user),
      [field.field, element("p", { class: "hint" }, t("changeEndsSessions"))],
      t("save"), () => change(user, { role: field.input.value }));
    if (isDone) done("userChanged", user);
  }

  async function changeQuota(user) {
    const field = quotaField(user.quota_bytes, true);
    const isDone = await askForm(nameIn("changeQuotaOf", user),
      [element("p", {}, t("usesNow", { size: bothSizes(takenBy(user)) })), field.field],
      t("save"), () => change(user, { quota_bytes: field.bytes() }));
    if (isDone) done("userChanged", user);
  }

  async function resetPassword(user) {
    const password = givenPassword(true);
    const isDone = await askForm(nameIn("resetPasswordOf", user),
      [...password.fields, element("p", { class: "hint" }, t("changeEndsSessions"))], t("resetPassword"), async () => {
        password.check(user.email);
        await call("reset_password", { p_user_id: user.id, p_new_password: password.input.value });
      });
    if (isDone) done("passwordReset", user);
  }

  async function disable(user) {
    if (!(await ask(nameIn("disableUser", user), [t("disableText")], t("disable"), "danger"))) return;
    await change(user, { disabled: true });
    done("userDisabled", user);
  }

  async function enable(user) {
    await change(user, { disabled: false });
    done("userEnabled", user);
  }

  async function remove(user) {
    const files = t("fileCount", { count: user.file_count ?? 0 });
    const text = t("deleteUserText", { files, size: shortSize(takenBy(user)) });
    if (!(await ask(nameIn("deleteUserOf", user), [text], t("deleteUser"), "danger"))) return;
    await call("delete_user", { p_user_id: user.id });
    done("userDeleted", user);
  }

  const showSessions = (user) => openDialog(nameIn("sessionsOf", user), () =>
    [sessionList(user.id, { isOwn: user.id === context.user.user_id }).element]);

  return view;
}

const go = (page, user) => { location.hash = `#/admin/${page}/${encodeURIComponent(user.email)}`; };
const takenBy = (user) => (user.used_bytes ?? 0) + (user.trash_bytes ?? 0);
const nameIn = (key, user) => tn(key, { name: shownName(user.email) });

function roleField(value, isFirst = false) {
  const control = element("select", { autofocus: isFirst },
    ...ROLES.map((role) => element("option", { value: role }, t(`role_${role}`))));
  control.value = value;
  return labelled(t("role"), {}, { control, hint: t("roleText") });
}

/** A field for a quota in GiB. A quota that is not touched stays as it is to the byte. */
function quotaField(bytes, isFirst = false) {
  const shown = bytes === null ? "" : String(Number((bytes / GIBIBYTE).toFixed(3)));
  const field = labelled(t("quota"), {
    type: "number", min: 0, step: "any", value: shown, inputmode: "decimal", autofocus: isFirst,
  }, { hint: t("quotaText") });
  const entered = () => (field.input.value === "" ? null : Math.round(Number(field.input.value) * GIBIBYTE));
  return { ...field, bytes: () => (field.input.value === shown ? bytes : entered()) };
}

/** A new password that the admin types or has made, and then gives to the user. */
function givenPassword(isFirst = false) {
  const field = newPasswordField(t("newPassword"), { autocomplete: "off", autofocus: isFirst });
  const make = button(t("makePassword"), () => {
    field.input.value = randomPassword();
    field.reveal(true);
    field.input.select();
  }, { symbol: "retry" });
  return {
    input: field.input,
    fields: [field.field, element("div", {}, make)],
    check: (email) => {
      const problem = problemWithPassword(field.input.value, email);
      if (problem !== "") throw new Error(problem);
    },
  };
}
