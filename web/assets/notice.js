// The one line that tells what happened; a live region, so that screen readers speak it.
import { shownProse } from "./names.js";
import { goToLogin } from "./session.js";

const notice = document.getElementById("notice");

/** @param {...(string | Node)} parts names are nodes, see names.js */
export function say(...parts) {
  notice.classList.remove("error");
  notice.replaceChildren(...parts);
}

/** Shows why something failed. A session that has ended leads to the login, wherever it is noticed. */
export function report(error) {
  if (error.status === 401) {
    goToLogin({ ended: true });
    return;
  }
  notice.classList.add("error");
  notice.replaceChildren(shownProse(error.message));
  notice.scrollIntoView({ block: "nearest" });
}
