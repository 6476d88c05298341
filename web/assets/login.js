// The login page.
import { goToFiles, logIn, whoAmI } from "./api.js";
import { element, icon } from "./dom.js";
import { duration } from "./format.js";
import { shownProse } from "./names.js";
import { passwordField } from "./password.js";
import { t, tn } from "./strings.js";
import { labelled } from "./ui.js";

/** The server's code for a request without any session. */
const NO_SESSION = "PGRST302";

const email = labelled(t("email"), {
  id: "email", type: "email", name: "email", autocomplete: "username", inputmode: "email",
  spellcheck: "false", autocapitalize: "off", required: true,
});
const password = passwordField(t("password"), { id: "password", name: "password", autocomplete: "current-password" });
const notice = element("p", { class: "notice", id: "notice", role: "alert" });
const submit = element("button", { type: "submit", class: "button primary", id: "submit" }, t("logIn"));
let countdown = null;

function say(parts, isError) {
  clearInterval(countdown);
  notice.replaceChildren(...parts);
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

/** Says how long to wait, and counts down. A screen reader says it once, as a timer is not announced. */
function sayWait(seconds) {
  const end = Date.now() + seconds * 1000;
  const time = element("span", { role: "timer" });
  say(tn("tooManyLogins", { time }), true);
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) time.textContent = duration(left);
    else say([t("tryAgainNow")], false);
  };
  tick();
  countdown = setInterval(tick, 1000);
}

async function onSubmit(event) {
  event.preventDefault();
  say([], false);
  setWaiting(true);
  try {
    await logIn(email.input.value, password.input.value);
    await checkSession();
    goToFiles();
  } catch (error) {
    if (error.status === 429 && error.retryAfter) sayWait(error.retryAfter);
    else say([shownProse(error.message)], true);
    setWaiting(false);
    password.input.select();
  }
}

// method="post" keeps the password out of the address should something else send the form.
const form = element("form", { class: "card form", method: "post", id: "login", onsubmit: onSubmit },
  notice, email.field, password.field, submit);
document.title = `${t("logIn")} – Coffer`;
document.body.prepend(element("main", { class: "gate" },
  element("h1", { class: "brand" }, icon("logo"), "Coffer"), form));
email.input.focus();

// If "back" restores the old page, its button is still disabled.
window.addEventListener("pageshow", () => setWaiting(false));
if (!navigator.cookieEnabled) say([t("noCookie")], true);
else if (new URLSearchParams(location.search).has("ended")) say([t("sessionEnded")], false);
// A person who is logged in already has nothing to do here.
else whoAmI().then(goToFiles, () => {});
