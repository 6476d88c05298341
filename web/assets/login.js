// The login page.
import { shownProse } from "./names.js";
import { goToFiles, logIn, whoAmI } from "./session.js";

const NO_COOKIE = "The browser does not keep Coffer's cookie, which is needed to stay logged in. " +
  "Allow cookies for this site and log in again.";
/** The server's code for a request without any session. */
const NO_SESSION = "PGRST302";

const form = document.getElementById("login");
const email = document.getElementById("email");
const password = document.getElementById("password");
const submit = document.getElementById("submit");
const notice = document.getElementById("notice");

function say(text, isError) {
  notice.replaceChildren(...(text === "" ? [] : [shownProse(text)]));
  notice.classList.toggle("error", isError);
}

function setWaiting(waiting) {
  submit.disabled = waiting;
  submit.textContent = waiting ? "Logging in…" : "Log in";
}

/** Without the cookie, the file manager would return to this page without an explanation. */
async function checkSession() {
  try {
    await whoAmI();
  } catch (error) {
    throw error.code === NO_SESSION ? new Error(NO_COOKIE) : error;
  }
}

async function onSubmit(event) {
  event.preventDefault();
  say("", false);
  setWaiting(true);
  try {
    await logIn(email.value, password.value);
    await checkSession();
    goToFiles();
  } catch (error) {
    say(error.message, true);
    setWaiting(false);
    password.select();
  }
}

form.addEventListener("submit", onSubmit);
// If "back" restores the old page, its button is still disabled.
window.addEventListener("pageshow", () => setWaiting(false));
if (!navigator.cookieEnabled) {
  say(NO_COOKIE, true);
} else if (new URLSearchParams(location.search).has("ended")) {
  say("Your session has ended. Please log in again.", false);
}
