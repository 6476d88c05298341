// The line that reports what happened. It is a live region, so screen readers read it.
import { shownProse } from "./names.js";
import { goToLogin } from "./session.js";

const notice = document.getElementById("notice");

/** @param {...(string | Node)} parts names are nodes, see names.js */
export function say(...parts) {
  notice.classList.remove("error");
  notice.replaceChildren(...parts);
}

/** Shows an error. If the session has ended, opens the login page instead. */
export function report(error) {
  if (error.status === 401) {
    goToLogin({ ended: true });
    return;
  }
  notice.classList.add("error");
  notice.replaceChildren(shownProse(error.message));
  notice.scrollIntoView({ block: "nearest" });
}
