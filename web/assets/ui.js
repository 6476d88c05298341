// The pieces that every view is made of: buttons, fields, messages and dialogs.
import { goToLogin } from "./api.js";
import { element, icon } from "./dom.js";
import { fullTime, listTime, shortTime } from "./format.js";
import { shownProse } from "./names.js";
import { t } from "./strings.js";

/** A button with words, and a symbol where `symbol` names one. `kind`: "primary", "danger", "quiet" or "". */
export function button(label, onclick, { kind = "", symbol = null, ...attributes } = {}) {
  return element("button", { type: "button", class: `button ${kind}`, onclick, ...attributes },
    symbol && icon(symbol), element("span", {}, label));
}

/** A button that is only a symbol to look at. */
export function iconButton(label, symbol, onclick, attributes = {}) {
  return element("button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...attributes }, icon(symbol));
}

/** A time of the server, as lists have it, or in other words. All of it is in the title. */
export function timeElement(text, shown = listTime(new Date(text))) {
  return element("time", { datetime: text, title: fullTime(new Date(text)) }, shown);
}

/** A time with its date, also if it is of today. */
export const dateAndTime = (text) => timeElement(text, shortTime(new Date(text)));

let fieldCount = 0;

/**
 * A labelled control.
 * @returns {{field: HTMLElement, input: HTMLInputElement}} `input` is `control` if it is given
 */
export function labelled(label, attributes = {}, { hint = null, control = null } = {}) {
  fieldCount += 1;
  const id = attributes.id ?? `field-${fieldCount}`;
  const input = control ?? element("input", { type: "text", ...attributes });
  input.id = id;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  const field = element("div", { class: "field" }, element("label", { for: id }, label), input,
    hint && element("p", { class: "hint", id: `${id}-hint` }, hint));
  return { field, input };
}

// Messages

let place = null;

function messagePlace() {
  place ??= element("div", { class: "messages" },
    element("div", { role: "status", "aria-live": "polite" }), element("div", { role: "alert" }));
  // A modal dialog makes all outside of it inert, also the button of a message.
  const dialog = Array.from(document.querySelectorAll("dialog[open]")).at(-1) ?? document.body;
  if (place.parentNode !== dialog) dialog.append(place);
  return place;
}

/**
 * Shows a message until `seconds` have passed or the next one comes.
 * @param {(string | Node)[]} parts names are nodes, see names.js
 * @param {{action?: {label: string, run: () => void}, isError?: boolean, seconds?: number}} options
 */
export function say(parts, { action = null, isError = false, seconds = isError ? 0 : 6 } = {}) {
  const [polite, urgent] = messagePlace().children;
  const message = element("div", { class: isError ? "message error" : "message" }, element("p", {}, ...parts));
  const remove = () => message.remove();
  if (action) message.append(button(action.label, () => { remove(); action.run(); }, { kind: "inverse" }));
  message.append(iconButton(t("close"), "close", remove));
  polite.replaceChildren();
  urgent.replaceChildren();
  (isError ? urgent : polite).append(message);
  if (seconds > 0) setTimeout(remove, seconds * 1000);
  return remove;
}

let onSessionEnd = () => goToLogin({ ended: true });

/** Says what is done when the session has ended, instead of opening the login page. */
export function whenSessionEnds(run) {
  onSessionEnd = run;
}

/** Shows an error. */
export function report(error) {
  if (error.name === "AbortError") return;
  if (error.status === 401) onSessionEnd();
  else say([shownProse(error.message)], { isError: true });
}

// Dialogs

let dialogCount = 0;

/**
 * Opens a modal dialog with a title. Escape, the close button and a click beside it close it.
 * @param {(close: (result?: unknown) => void) => (Node | null)[]} build makes the content
 * @returns {Promise<unknown>} what `close` was called with, undefined if the person closed the dialog
 */
export function openDialog(title, build, { className = "" } = {}) {
  return new Promise((resolve) => {
    let result;
    dialogCount += 1;
    const id = `dialog-${dialogCount}`;
    const before = document.activeElement;
    const close = (value) => {
      result = value;
      dialog.close();
    };
    const heading = element("h2", { id }, ...[title].flat());
    const dialog = element("dialog", { class: className, "aria-labelledby": id },
      element("header", {}, heading, iconButton(t("close"), "close", () => close())));
    dialog.append(...build(close).filter((part) => part !== null));
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && event.detail > 0 && isBeside(dialog, event)) close();
    });
    dialog.addEventListener("close", () => {
      if (dialog.contains(place)) messagePlace();
      dialog.remove();
      if (before?.isConnected) before.focus();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
    // Not the close button, which is the first one: what there is to fill in, or "Cancel".
    dialog.querySelector("form input, form textarea, .actions button")?.focus();
  });
}

function isBeside(dialog, { clientX: x, clientY: y }) {
  const box = dialog.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

/** The row of buttons at the end of a dialog: "Cancel", and one that agrees. */
function dialogActions(close, consent, { kind = "primary", onclick = null } = {}) {
  const attributes = onclick ? { kind } : { kind, type: "submit" };
  return element("div", { class: "actions" },
    button(t("cancel"), () => close()), button(consent, onclick ?? (() => {}), attributes));
}

/** Asks a question. @returns {Promise<boolean>} whether the person agreed */
export async function ask(title, explanation, consent, kind = "primary") {
  const answer = await openDialog(title, (close) => [
    element("p", {}, ...explanation), dialogActions(close, consent, { kind, onclick: () => close(true) }),
  ]);
  return answer === true;
}

/**
 * A dialog with one form. `submit` is called when it is sent; if it throws, its message is shown and the dialog stays.
 * @param {HTMLElement[]} fields
 * @returns {Promise<unknown>} what `submit` returned, undefined if the person closed the dialog
 */
export function askForm(title, fields, consent, submit, { className = "" } = {}) {
  return openDialog(title, (close) => {
    const problem = element("p", { class: "problem", role: "alert" });
    const form = element("form", { class: "form" }, ...fields, problem, dialogActions(close, consent));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const agree = form.querySelector("[type=submit]");
      agree.disabled = true;
      problem.textContent = "";
      try {
        close((await submit()) ?? true);
      } catch (error) {
        if (error.status === 401) report(error);
        else problem.replaceChildren(shownProse(error.message));
      } finally {
        agree.disabled = false;
      }
    });
    return [form];
  }, { className });
}

/** What a view shows instead of its content. */
export function placeholder(symbol, title, text = "", ...actions) {
  return element("div", { class: "placeholder" }, icon(symbol), element("p", { class: "title" }, ...[title].flat()),
    text && element("p", {}, ...[text].flat()),
    actions.length > 0 ? element("div", { class: "actions" }, ...actions) : null);
}

/** An error in place of a view's content, with a button that tries again. */
export function failed(error, again) {
  return placeholder("warning", t("failed"), shownProse(error.message), button(t("retry"), again, { symbol: "retry" }));
}
