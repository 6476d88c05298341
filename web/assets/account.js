// The page of one's own account.
import { call } from "./api.js";
import { element, icon } from "./dom.js";
import { bothSizes, shortSize } from "./format.js";
import { shownName, shownProse } from "./names.js";
import { newPasswordField, passwordField, problemWithPassword } from "./password.js";
import { sessionList } from "./sessions.js";
import { chosenLanguage, chooseLanguage, t } from "./strings.js";
import { button, labelled, report, say } from "./ui.js";

/** The languages, each in its own words. */
const LANGUAGES = { en: "English", de: "Deutsch" };

/** @param {object} context what the page offers to its views, see app.js */
export async function showAccount(context) {
  await context.refreshUsage();
  const { user } = context;
  const sessions = sessionList(user.user_id, { isOwn: true });
  const view = element("section", { class: "view account" },
    element("header", { class: "view-head" }, element("h1", { tabindex: -1 }, t("account"))),
    element("div", { class: "view-scroll cards" },
      element("div", {}, profile(context), storage(user)),
      element("div", {}, passwordCard(user, sessions.load),
        card(t("sessions"), element("p", { class: "hint" }, t("sessionsText")), sessions.element))));
  return { element: view, title: t("account"), focus: () => view.querySelector("h1").focus() };
}

/** A part of a page with a heading of its own. */
export const card = (title, ...content) => element("section", { class: "card" }, element("h2", {}, title), ...content);

function profile(context) {
  const { user } = context;
  const choice = element("select", {}, element("option", { value: "" }, t("browsersLanguage")),
    ...Object.entries(LANGUAGES).map(([tag, name]) => element("option", { value: tag, lang: tag }, name)));
  choice.value = chosenLanguage() ?? "";
  choice.addEventListener("change", () => {
    try {
      chooseLanguage(choice.value || null);
      location.reload();
    } catch (error) {
      report(error);
    }
  });
  return card(t("profile"),
    element("div", { class: "person" }, icon("person"),
      element("div", {},
        element("p", { class: "email" }, shownName(user.email)),
        element("p", { class: "hint" }, t(`role_${user.role}`)))),
    labelled(t("language"), {}, { control: choice }).field,
    element("div", { class: "actions" }, button(t("logOut"), context.logOut, { symbol: "logout" })));
}

// Usage

function storage(user) {
  const { used_bytes: used, trash_bytes: trash, version_bytes: versions, quota_bytes: quota } = user;
  const parts = [["files", used], ["trash", trash - versions], ["versions", versions]];
  const taken = used + trash;
  const whole = Math.max(quota ?? taken, taken, 1);
  const bar = element("div", { class: "usage-bar", role: "presentation" });
  const legend = element("dl", { class: "legend" });
  for (const [name, size] of parts) {
    const part = element("span", { class: `part ${name}` });
    part.style.width = `${(size / whole) * 100}%`;
    bar.append(part);
    legend.append(element("div", {}, element("dt", {}, element("span", { class: `dot ${name}` }), t(name)),
      element("dd", {}, bothSizes(size))));
  }
  if (quota !== null) {
    legend.append(element("div", {}, element("dt", {}, element("span", { class: "dot" }), t("free")),
      element("dd", {}, bothSizes(Math.max(quota - taken, 0)))));
  }
  const sum = quota === null
    ? t("used", { size: shortSize(taken) })
    : t("usedOf", { size: shortSize(taken), quota: shortSize(quota) });
  return card(t("storage"), element("p", { class: "sum" }, sum), bar, legend,
    element("p", { class: "hint" }, keptText(user), " ", element("a", { href: "#/trash" }, t("openTrash"))),
    quota === null ? element("p", { class: "hint" }, t("noQuotaText")) : null);
}

function keptText({ trash_days: trash, version_days: versions }) {
  const deleted = t(trash > 0 ? "deletedKept" : "noTrash", { count: trash });
  const replaced = t(versions > 0 ? "replacedKept" : "replacedGone", { count: versions });
  return `${deleted} ${replaced}`;
}

// The password

function passwordCard(user, changed) {
  // Password managers look for the account that a new password is for.
  const account = element("input", { type: "text", autocomplete: "username", value: user.email, hidden: true });
  const current = passwordField(t("currentPassword"), { autocomplete: "current-password" });
  const next = newPasswordField(t("newPassword"));
  const problem = element("p", { class: "problem", role: "alert" });
  const submit = element("button", { type: "submit", class: "button primary" }, t("changePassword"));
  const form = element("form", { class: "form" }, account, current.field, next.field, problem,
    element("p", { class: "hint" }, t("passwordEndsSessions")), element("div", { class: "actions" }, submit));

  async function change() {
    const wrong = problemWithPassword(next.input.value, user.email);
    if (wrong !== "") throw new Error(wrong);
    await call("change_password", { p_current_password: current.input.value, p_new_password: next.input.value });
    form.reset();
    for (const field of [current, next]) field.reveal(false);
    say([t("passwordChanged")]);
    await changed();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.replaceChildren();
    try {
      await change();
    } catch (error) {
      if (error.status === 401) report(error);
      else problem.replaceChildren(shownProse(error.message));
    } finally {
      submit.disabled = false;
    }
  });
  return card(t("password"), form);
}
