// Logs in again without leaving the page, where work would be lost otherwise.
import { logIn, whoAmI } from "./api.js";
import { announceChange } from "./files.js";
import { duration } from "./format.js";
import { element } from "./dom.js";
import { passwordField } from "./password.js";
import { t } from "./strings.js";
import { askForm, labelled } from "./ui.js";

let asking = null;

/** Asks for the password, once at a time. @returns {Promise<boolean>} whether the person has logged in */
export function askToLogIn(email) {
  asking ??= ask(email).finally(() => { asking = null; });
  return asking;
}

async function ask(email) {
  const account = labelled(t("email"), { type: "email", value: email, readonly: true, autocomplete: "username" });
  const password = passwordField(t("password"), { autocomplete: "current-password", autofocus: true });
  const fields = [element("p", {}, t("logInToGoOn")), account.field, password.field];
  const done = await askForm(t("sessionEndedTitle"), fields, t("logIn"), async () => {
    try {
      await logIn(email, password.input.value);
      await whoAmI();
    } catch (error) {
      password.input.select();
      if (error.status === 429 && error.retryAfter) {
        throw new Error(t("tooManyLogins", { time: duration(error.retryAfter) }));
      }
      if (error.status === 401) throw new Error(t("noCookie"));
      throw error;
    }
  });
  if (done) announceChange();
  return done === true;
}
