// Calls to the server. Addresses are relative, so that the app also works below a base path.

/** A request that did not succeed. `status` is the HTTP status, 0 if no answer came; `code` the server's, if any. */
export class ApiError extends Error {
  constructor(status, message, code = null) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Sends a request with the session cookie.
 * @param {string} path relative to the site, without a leading slash
 * @param {RequestInit} options as for fetch
 * @returns {Promise<Response>} a response with a 2xx status
 * @throws {ApiError}
 */
export async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "same-origin", ...options });
  } catch {
    throw new ApiError(0, "The server cannot be reached. Check your connection and try again.");
  }
  if (!response.ok) throw failure(response.status, await response.text().catch(() => ""));
  return response;
}

/** The error for an answer: its JSON `message` and `details`, or our own text if a proxy answered without JSON. */
export function failure(status, body) {
  const { message, details, code } = membersOf(body);
  const said = [message, details].filter((text) => typeof text === "string" && text !== "");
  const text = said.length > 1 ? said.map(sentence).join(" ") : said[0];
  return new ApiError(status, text ?? wordsFor(status), code);
}

function membersOf(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

function wordsFor(status) {
  switch (status) {
    case 401: return "Your session has ended.";
    case 413: return "The file is too large.";
    case 429: return "Too many attempts. Wait a moment and try again.";
    case 503: return "The service is not available at the moment. Try again shortly.";
    case 507: return "The storage is full.";
    default: return `The server answered with an error (${status}).`;
  }
}
