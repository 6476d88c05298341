// The file manager: who is logged in, then the list and the upload form.
import { refresh, startFileList } from "./file-list.js";
import { shownName } from "./names.js";
import { report } from "./notice.js";
import { goToLogin, logOut, whoAmI } from "./session.js";
import { startUploadForm } from "./upload-form.js";

const account = document.getElementById("account");
const who = document.getElementById("who");
const content = document.getElementById("content");
const logout = document.getElementById("logout");

async function onLogout() {
  logout.disabled = true;
  try {
    await logOut();
    goToLogin();
  } catch (error) {
    logout.disabled = false;
    report(error);
  }
}

async function start() {
  let user;
  try {
    user = await whoAmI();
  } catch (error) {
    if (error.status === 401) goToLogin();
    else report(error);
    return;
  }
  who.replaceChildren(shownName(user.email));
  account.hidden = false;
  logout.addEventListener("click", onLogout);
  startUploadForm(user.user_id, refresh);
  await startFileList(user.user_id).catch(report);
  content.hidden = false;
}

// After "back" the browser may show the old page, although the session has ended.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
start();
