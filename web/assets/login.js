// The login page.
import { goToFiles, logIn, whoAmI } from "./api.js";
import { element, icon } from "./dom.js";
import { shownProse } from "./names.js";
import { duration } from "./format.js";
import { t } from "./strings.js";
import { iconButton, labelled } from "./ui.js";

/** The server's code for a request without any session. */
const NO_SESSION = "PGRST302";

const email = labelled(t("email"), {
  id: "email", type: "email", name: "email", autocomplete: "username", inputmode: "email", spellcheck: "false", autocapitalize: "off",
  required: true,
});
const password = labelled(t("password"), {
  id: "password", type: "password", name: "password", autocomplete: "current-password", required: true,
});
const show = iconButton(t("showPassword"), "eye", () => {
  const isShown = password.input.type === "text";
  password.input.type = isShown ? "password" : "text";
  show.setAttribute("aria-pressed", String(!isShown));
}, { "aria-pressed": "false" });
const notice = element("p", { class: "notice", id: "notice", role: "alert" });
const submit = element("button", { type: "submit", class: "button primary", id: "submit" }, t("logIn"));
let countdown = null;

function say(text, isError) {
  clearInterval(countdown);
  notice.replaceChildren(...(text === "" ? [] : [shownProse(text)]));
  notice.classList.toggle("error", isError);
}

function setWaiting(waiting) {
  submit.disabled = waiting;
  submit.textContent = waiting ? t("loggingIn") : t("logIn");
}

/** Without the cookie, the file manager would return to this page without an explanation. */
async function checkSession() {
  try {
    await whoAmI();
  } catch (error) {
    throw error.code === NO_SESSION ? new Error(t("noCookie")) : error;
  }
}

/** Says how long to wait, and counts down. */
function sayWait(seconds) {
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) {
      say("", false);
      return;
    }
    notice.textContent = t("tooManyLogins", { time: duration(left) });
  };
  say(" ", true);
  tick();
  countdown = setInterval(tick, 1000);
}

async function onSubmit(event) {
  event.preventDefault();
  say("", false);
  setWaiting(true);
  try {
    await logIn(email.input.value, password.input.value);
    await checkSession();
    goToFiles();
  } catch (error) {
    if (error.status === 429 && error.retryAfter) sayWait(error.retryAfter);
    else say(error.message, true);
    setWaiting(false);
    password.input.select();
  }
}

// method="post" keeps the password out of the address should something else send the form.
const form = element("form", { class: "card form", method: "post", id: "login", onsubmit: onSubmit }, notice, email.field,
  element("div", { class: "with-button" }, password.field, show), submit);
document.title = `${t("logIn")} – Coffer`;
document.body.prepend(element("main", { class: "gate" },
  element("h1", { class: "brand" }, icon("logo"), "Coffer"), form));
email.input.focus();

// If "back" restores the old page, its button is still disabled.
window.addEventListener("pageshow", () => setWaiting(false));
if (!navigator.cookieEnabled) {
  say(t("noCookie"), true);
} else if (new URLSearchParams(location.search).has("ended")) {
  say(t("sessionEnded"), false);
}
