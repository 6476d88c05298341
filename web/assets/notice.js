// The one line that tells what happened; a live region, so that screen readers speak it.
import { goToLogin } from "./session.js";

const notice = document.getElementById("notice");

export function say(text) {
  notice.classList.remove("error");
  notice.textContent = text;
}

/** Shows why something failed. A session that has ended leads to the login, wherever it is noticed. */
export function report(error) {
  if (error.status === 401) {
    goToLogin({ ended: true });
    return;
  }
  notice.classList.add("error");
  notice.textContent = error.message;
  notice.scrollIntoView({ block: "nearest" });
}
