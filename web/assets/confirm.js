// A question in a modal dialog; Escape and "Cancel" mean no.

const dialog = document.getElementById("confirm");
const title = document.getElementById("confirm-title");
const text = document.getElementById("confirm-text");
const yes = document.getElementById("confirm-yes");

/**
 * @param {(string | Node)[]} explanation names are nodes, see names.js
 * @returns {Promise<boolean>} whether the person agreed
 */
export function ask(question, explanation, consent) {
  title.textContent = question;
  text.replaceChildren(...explanation);
  yes.textContent = consent;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
