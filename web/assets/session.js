// The session: an HttpOnly cookie that the server sets and clears and no script can read.
import { request } from "./api.js";

/** Logs in; the answer sets the cookie and has no body. */
export function logIn(email, password) {
  return request("rpc/login", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Prefer": "session=cookie" },
    body: JSON.stringify({ email, password }),
  });
}

/** The user who is logged in. Throws ApiError 401 without a session. */
export async function whoAmI() {
  return (await request("rpc/whoami")).json();
}

export function logOut() {
  return request("rpc/logout", { method: "POST" });
}

/** Replaces the page, so that "back" does not return to a page that needs a session. */
export function goToLogin({ ended = false } = {}) {
  location.replace(ended ? "login?ended" : "login");
}

export function goToFiles() {
  location.replace("./");
}
