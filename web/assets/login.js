// The login page.
import { goToFiles, logIn } from "./session.js";

const form = document.getElementById("login");
const email = document.getElementById("email");
const password = document.getElementById("password");
const submit = document.getElementById("submit");
const notice = document.getElementById("notice");

function say(text, isError) {
  notice.textContent = text;
  notice.classList.toggle("error", isError);
}

function setWaiting(waiting) {
  submit.disabled = waiting;
  submit.textContent = waiting ? "Logging in…" : "Log in";
}

async function onSubmit(event) {
  event.preventDefault();
  say("", false);
  setWaiting(true);
  try {
    await logIn(email.value, password.value);
    goToFiles();
  } catch (error) {
    say(error.message, true);
    setWaiting(false);
    password.select();
  }
}

form.addEventListener("submit", onSubmit);
// A page that "back" restores as it was would still have its button disabled.
window.addEventListener("pageshow", () => setWaiting(false));
if (new URLSearchParams(location.search).has("ended")) {
  say("Your session has ended. Please log in again.", false);
}
