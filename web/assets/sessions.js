// Where a user is logged in, as a list in which sessions can be ended.
import { read, request } from "./api.js";
import { element, icon } from "./dom.js";
import { shortTime } from "./format.js";
import { t } from "./strings.js";
import { button, dateAndTime, failed, report, say } from "./ui.js";

/**
 * The sessions of a user.
 * @param {boolean} isOwn whether it is the user who is logged in
 * @returns {{element: HTMLElement, load: () => Promise<void>}}
 */
export function sessionList(userId, { isOwn }) {
  const place = element("div", { class: "sessions" });

  async function load() {
    try {
      show(await read(`sessions?user_id=eq.${userId}&order=is_current.desc,created_at.desc`));
    } catch (error) {
      if (error.status === 401) report(error);
      else place.replaceChildren(failed(error, load));
    }
  }

  function show(sessions) {
    const others = sessions.filter((session) => !session.is_current);
    place.replaceChildren(
      sessions.length === 0
        ? element("p", { class: "hint" }, t("noSessions"))
        : element("ul", {}, ...sessions.map(itemOf)),
      others.length < 2 ? "" : element("div", { class: "actions" },
        button(t(isOwn ? "endOthers" : "endAll"), (event) => end(event, "is_current=is.false", others.length))));
  }

  function itemOf(session) {
    const { id, created_at: created, expires_at: expires, is_current: isCurrent } = session;
    const since = shortTime(new Date(created));
    return element("li", {}, icon("state"),
      element("div", {},
        element("p", {}, element("strong", {}, t("sessionSince"), " ", dateAndTime(created)),
          isCurrent ? element("span", { class: "badge" }, t("thisSession")) : null),
        element("p", { class: "hint" }, t("sessionUntil"), " ", dateAndTime(expires))),
      isCurrent ? null : button(t("end"), (event) => end(event, `id=eq.${id}`, 1),
        { "aria-label": t("endSession", { time: since }) }));
  }

  async function end(event, filter, count) {
    event.currentTarget.disabled = true;
    try {
      await request(`sessions?user_id=eq.${userId}&${filter}`, { method: "DELETE" });
      say([t("sessionsEnded", { count })]);
    } catch (error) {
      report(error);
    }
    await load();
  }

  load();
  return { element: place, load };
}
