// Fields for passwords, and the rules of new ones.
import { element } from "./dom.js";
import { t } from "./strings.js";
import { iconButton, labelled } from "./ui.js";

const MIN_LENGTH = 10;
const MAX_BYTES = 72;
/** Without signs that look like others. */
const SIGNS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/**
 * A labelled field for a password with a button that shows it.
 * @returns {{field: HTMLElement, input: HTMLInputElement, reveal: (isShown: boolean) => void}}
 */
export function passwordField(label, attributes, options) {
  const { field, input } = labelled(label, { type: "password", required: true, ...attributes }, options);
  const show = iconButton(t("showPassword"), "eye", () => reveal(input.type === "password"),
    { "aria-pressed": "false" });
  const reveal = (isShown) => {
    input.type = isShown ? "text" : "password";
    show.setAttribute("aria-pressed", String(isShown));
  };
  const place = element("div", { class: "with-button" });
  input.replaceWith(place);
  place.append(input, show);
  return { field, input, reveal };
}

/** The same for a new password. */
export const newPasswordField = (label, attributes = {}) =>
  passwordField(label, { autocomplete: "new-password", ...attributes }, { hint: t("passwordRules") });

/** What is wrong with a new password, or "" if nothing is. */
export function problemWithPassword(password, email) {
  const text = password.normalize("NFC");
  if (Array.from(text).length < MIN_LENGTH) return t("passwordShort");
  if (new TextEncoder().encode(text).length > MAX_BYTES) return t("passwordLong");
  return text.toLowerCase() === email.normalize("NFC").toLowerCase() ? t("passwordIsEmail") : "";
}

/** A password that no one can guess. */
export function randomPassword() {
  const fair = 256 - (256 % SIGNS.length);
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(64))).filter((byte) => byte < fair);
  return bytes.slice(0, 20).map((byte) => SIGNS[byte % SIGNS.length]).join("").replace(/(.{5})(?=.)/g, "$1-");
}
