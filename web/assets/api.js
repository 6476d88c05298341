// Calls to the server, and the session: an HttpOnly cookie that the server sets and clears and no script can read.
// Addresses are relative, so that the app also works below a base path.
import { t } from "./strings.js";

/** A request that did not succeed. `status` is the HTTP status, 0 if no answer came; `code` the server's, if any. */
export class ApiError extends Error {
  constructor(status, message, { code = null, details = null, retryAfter = null } = {}) {
    super(message);
    Object.assign(this, { status, code, details, retryAfter });
  }
}

/**
 * Sends a request with the session cookie.
 * @param {string} path relative to the site, without a leading slash
 * @param {RequestInit} options as for fetch; `json` is sent as the body
 * @returns {Promise<Response>} a response with a 2xx status
 * @throws {ApiError}
 */
export async function request(path, { json, headers = {}, ...options } = {}) {
  const body = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
  const type = json === undefined ? {} : { "Content-Type": "application/json" };
  let response;
  try {
    response = await fetch(path,
      { cache: "no-store", credentials: "same-origin", headers: { ...type, ...headers }, ...body, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, t("errorUnreachable"));
  }
  if (!response.ok) {
    const retryAfter = Number.parseInt(response.headers.get("Retry-After"), 10) || null;
    throw failure(response.status, await response.text().catch(() => ""), retryAfter);
  }
  return response;
}

/** The answer of a function or a table as a value. */
export async function read(path, options) {
  const response = await request(path, options);
  return response.status === 204 ? null : response.json();
}

/** Calls a function of the server with named arguments. */
export const call = (name, args = {}) => read(`rpc/${name}`, { json: args });

/** The error for an answer: its JSON `message` and `details`, or our own text if a proxy answered without JSON. */
export function failure(status, body, retryAfter = null) {
  const { message, details, code } = membersOf(body);
  const own = t(`error${code}`, {}, null) ?? (code ? null : t(`error${status}`, {}, null));
  const said = own ? [own] : [message, details].filter((text) => typeof text === "string" && text !== "");
  const text = said.length > 1 ? said.map(sentence).join(" ") : said[0];
  return new ApiError(status, text ?? t("errorOther", { status }), { code, details, retryAfter });
}

function membersOf(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

// The session

/** Logs in; the answer sets the cookie and has no body. */
export function logIn(email, password) {
  return request("rpc/login", { json: { email, password }, headers: { "Prefer": "session=cookie" } });
}

/** The user who is logged in, with usage and limits. Throws ApiError 401 without a session. */
export const whoAmI = () => read("rpc/whoami");

export const logOut = () => request("rpc/logout", { method: "POST" });

/** Replaces the page, so that "back" does not return to a page that needs a session. The place is kept behind `#`. */
export function goToLogin({ ended = false, keepPlace = true } = {}) {
  location.replace(`login${ended ? "?ended" : ""}${keepPlace ? location.hash : ""}`);
}

/** Back to where `goToLogin` came from. */
export function goToFiles() {
  location.replace(`./${location.hash}`);
}
