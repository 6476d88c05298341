// Every text of the web app, in English and German. A text names its values in braces; one with a plural is a list of
// the form for one and the form for others, which `count` decides.

const ENGLISH = {
  // Words that occur in several places
  account: "Account", actions: "Actions", allFiles: "All files", auditLog: "Audit log", breadcrumbs: "Folders above",
  cancel: "Cancel", changed: "Changed", chooseFiles: "Files to upload", clearSelection: "Clear selection",
  close: "Close", copy: "Copy", create: "Create", created: "Created", delete: "Delete", description: "Description",
  details: "Details", done: "Done", download: "Download", filePath: "File path", folders: "Folders",
  help: "Keyboard shortcuts", logOut: "Log out", menu: "Menu", move: "Move", name: "Name", navigation: "Main",
  newFolder: "New folder", newName: "New name", owner: "Owner", people: "People", preview: "Preview", rename: "Rename",
  restore: "Restore", retry: "Try again", save: "Save", search: "Search files", searchResults: "Search results",
  selection: "Selected files", size: "Size", skip: "Skip to the content", sortBy: "Sort by", state: "System",
  today: "Today", trash: "Trash", type: "Type", undo: "Undo", upload: "Upload", uploadFiles: "Upload files",
  uploadFolder: "Upload folder", usage: "Storage used",
  files: "Files", filesIn: "Files in {name}",
  quoted: "“{name}”",
  bytes: ["{count} byte", "{count} bytes"],
  fileCount: ["{count} file", "{count} files"],
  entries: ["{count} item", "{count} items"],
  entriesLoaded: "{count} items, more as you scroll",
  firstFound: "The newest {count} that match",
  selected: ["{count} selected", "{count} selected"],
  seconds: "{count} s", minutes: "{count} min", hours: "{count} h",
  loading: "Loading… {count} items",
  used: "{size} used", usedOf: "{size} of {quota} used",
  failed: "This could not be loaded",
  selectAll: "Select all", selectRow: "Select {name}", actionsFor: "Actions for {name}",
  downloadName: "Download {name}",

  // Files
  sortName: "Name, A to Z", sortNameDown: "Name, Z to A", sortNewest: "Newest first", sortOldest: "Oldest first",
  sortLargest: "Largest first", sortSmallest: "Smallest first",
  noFiles: "Your files will be here", emptyFolder: "This folder is empty",
  dropHere: "Drop files or folders here, or choose them.", nothingFound: "Nothing found",
  nothingFoundText: "No file has “{text}” in its path.", searchFor: "Search for “{text}”",
  folderName: "Folder name", folderCreated: "Created the folder “{name}”.", renamed: "Renamed to “{name}”.",
  moveTo: "Move to", copyTo: "Copy to", moveHere: "Move here", copyHere: "Copy here", parentFolder: "Parent folder",
  noFolders: "No folders here", moved: "Moved {name} to {folder}.", copied: "Copied {name} to {folder}.",
  deleted: "Deleted {name}.", movedToTrash: "Moved {name} to the trash.", restored: "Restored {name}.",
  downloadStarted: "The download of {name} has started.",

  // Paths
  pathEmpty: "Enter a name.", pathControl: "A name must not contain control characters.",
  pathBackslash: "Use / and not \\ between folders.",
  pathSlash: "The path must not begin or end with a slash.", pathLong: "The path is longer than {max} bytes.",
  pathDoubleSlash: "The path has an empty folder name (two slashes in a row).",
  pathDots: "A folder or file cannot be called “.” or “..”.", nameLong: "The name is longer than {max} bytes.",
  nameSlash: "A name must not contain a slash.",
  signDirection: "A sign that changes the direction of the text", signSpace: "A space",
  signUnseen: "A sign that cannot be seen", signAlone: "A sign by itself",

  // Errors
  errorKF001: "Invalid email or password.",
  errorKF002: "File not found. It may have been moved or deleted.",
  errorKF007: "The server has no room left. Nothing was lost; ask its administrator.",
  errorKF009: "The upload was cut off. Try again.", errorKF010: "The upload arrived damaged. Try again.",
  errorKF021: "The server is not available at the moment. Try again shortly.",
  errorKF029: "A folder cannot be moved into itself.",
  errorKF047: "Folder not found. It may have been moved or deleted.",
  errorKF048: "The server is busy with other long requests. Try again in a moment.",
  errorPGRST000: "The server is not available at the moment. Try again shortly.",
  errorKF008: "The storage is not available at the moment. Try again shortly.", errorKF011: "Your session has ended.",
  errorKF018: "The last enabled admin must remain. Make someone else an admin first.",
  errorKF027: "This user does not exist any more.", errorKF028: "The current password is wrong.",
  errorKF031: "The search takes too long. Search for a longer text.",
  errorKF032: "Too many searches at once. Try again in a moment.",
  errorKF033: "It is not known whether this was done. Look before you try again.",
  errorKF040: "Too many logins at once. Try again in a moment.",
  errorUnreachable: "The server cannot be reached. Check your connection and try again.",
  errorOther: "The server answered with an error ({status}).",
  error401: "Your session has ended.", error413: "The file is too large.",
  error429: "Too many attempts. Wait a moment and try again.",
  error503: "The service is not available at the moment. Try again shortly.", error507: "The storage is full.",

  // Login
  logIn: "Log in", loggingIn: "Logging in…", email: "Email", password: "Password", showPassword: "Show password",
  tooManyLogins: "Too many failed logins. You can try again in {time}.",
  tryAgainNow: "You can try again now.",
  sessionEnded: "Your session has ended. Please log in again.",
  noCookie: "The browser does not keep Coffer's cookie, which is needed to stay logged in. " +
    "Allow cookies for this site and log in again.",

  // Uploads
  uploads: "Uploads", uploadTitle: ["Upload a file", "Upload {count} files"],
  pathHint: "The name with the folders above it, separated by /.",
  folderHint: "The folder that the files go to. Without one they go to the top.",
  willBeCalled: "It will be called “{name}”.", descriptionLong: "At most {max} characters.",
  chosenFiles: "Chosen files",
  chosenTotal: "{files}, {size} in all", andMore: ["and {count} more", "and {count} more"], pastedImage: "Image",
  preparing: "Preparing {count} files…",
  unreadable: ["{count} file or folder could not be read.", "{count} files or folders could not be read."],
  uploadTooLarge: "The file is too large: it has {size}, and an upload may have at most {limit}.",
  uploadOverQuota: ["The file is too large for your quota: it has {size}, and of {quota} only {free} are free.",
    "The {count} files are too large for your quota: they have {size} in all, and of {quota} only {free} are free."],
  replacedIsFree: "What is replaced counts as free.", trashHolds: "The trash holds {size}.",
  existsOne: "“{name}” exists already",
  exist: ["{count} of the files exists already", "{count} of the files exist already"],
  existKept: ["What you replace is kept as an older version for {count} day.",
    "What you replace is kept as an older version for {count} days."],
  existGone: "What you replace cannot be brought back.", existsReason: "A file of this path exists already.",
  replace: "Replace", keepBoth: "Keep both", skipTaken: "Skip",
  uploading: "Uploading {done} of {count}", uploaded: ["{count} file uploaded", "{count} files uploaded"],
  uploadedName: "Uploaded “{name}”.", uploadsFailed: ["{count} upload failed", "{count} uploads failed"],
  uploadsPaused: ["{count} upload is paused", "{count} uploads are paused"],
  uploadsInterrupted: ["{count} upload was interrupted", "{count} uploads were interrupted"],
  uploadStuck: "{name}: {reason}", uploadProgress: "All uploads", uploadOf: "Upload of {name}",
  uploadList: "List of uploads", uploadFold: "Show the list of uploads", closeUploads: "Close uploads",
  chooseAgain: "Choose the files again to go on", filesAgain: "Files of interrupted uploads",
  notTheFiles: "These are not the files of the interrupted uploads. " +
    "Their name, size and time of change must be the same.",
  sentOf: "{sent} of {size}", perSecond: "{size}/s", timeLeft: "{time} left", storing: "Storing…",
  queued: "{size}, waits for its turn",
  pausedAt: "Paused at {sent} of {size}", stoppedAt: "Stopped at {sent} of {size}",
  pauseAll: "Pause all", resumeAll: "Resume all", retryAll: "Try all again", stopAll: "Stop all",
  pauseName: "Pause {name}", resumeName: "Resume {name}", retryName: "Try {name} again", cancelName: "Cancel {name}",
  stopAllTitle: "Stop all uploads?", leaveTitle: "Log out during an upload?",
  stopAllText: ["{count} upload is not complete. What has been sent of it will be lost.",
    "{count} uploads are not complete. What has been sent of them will be lost."],
  uploadLost: "The connection was lost.",
  uploadOffline: "You are offline. The upload goes on when the connection is back.",
  uploadRetrying: "{reason} It will be tried again.",
  uploadChanged: "The file on your device has changed or can no longer be read.",
  uploadOtherUser: "Somebody else has logged in in this browser. Reload the page.",
  sessionEndedTitle: "Your session has ended", logInToGoOn: "Log in again, and the uploads go on.",

  // Details, versions, preview, shortcuts
  allMyFiles: "All my files", bringBackFolder: "Bring this folder back to a time…", contains: "Contains",
  bringBackHint: "After a mistake, everything in this folder can become as it was at a time.",
  copyDigest: "Copy the SHA-256", digestCopied: "Copied", downloadVersion: "Download the version until {time}",
  editDescription: "Edit the description", fileGone: "This file was deleted or moved meanwhile.",
  noDescription: "No description", path: "Path", restoreVersion: "Restore the version until {time}", saved: "Saved.",
  sha256: "SHA-256", showInFolder: "Show in folder",
  until: "Until {time}", versionRestored: "The version is the content again. The content before it is a version now.",
  versions: "Versions", versionsOff: "Old contents are not kept here.",
  noVersions: ["When you replace the content, the old one is kept here for {count} day.",
    "When you replace the content, the old one is kept here for {count} days."],
  previousFile: "Previous file", nextFile: "Next file", place: "{number} of {count}", openInTab: "Open in a new tab",
  emptyFile: "This file is empty", noPreview: "There is no preview of this type",
  noPDFViewer: "This browser shows no PDF within a page",
  firstPart: "This is the first MiB of {size}. Download the file to see all of it.",
  cannotShow: "This file cannot be shown", damaged: "The browser does not understand its content. It may be damaged.",
  keysEverywhere: "Everywhere", keysList: "In a list", keysFiles: "With the selected files",
  keysPreview: "In the preview", keyBackspace: "Backspace", keyHome: "Home", keyEnd: "End", keyEnter: "Enter",
  keySpace: "Space", keyShift: "Shift", keyControl: "Ctrl", keyEscape: "Esc", keyDelete: "Delete",
  keyMove: "Next or previous row", keyEnds: "First or last row",
  keyOpen: "Open", keySelect: "Select or clear", keyExtend: "Extend the selection", keyOthers: "Previous or next file",

  // Trash
  andOthers: ["{name} and {count} other", "{name} and {count} others"], deletedFiles: "Deleted files",
  oldVersions: "Old versions", deletedAt: "Deleted", replaced: "Replaced", keptUntil: "Kept until",
  restoreName: "Restore {name}", trashEmpty: "The trash is empty", trashOff: "Deleted files are not kept here.",
  trashKept: ["What you delete stays here for {count} day.", "What you delete stays here for {count} days."],
  noOldVersions: "There are no old versions",
  versionsKept: ["When you replace a file, the old content stays here for {count} day.",
    "When you replace a file, the old content stays here for {count} days."],
  restoreAs: "Restore under another path", folderPath: "Folder path", restoredFolder: "restored",
  pathTaken: "There is something at the path of “{name}” already. Restore it to another path:",
  restoredExcept: ["Restored {done}. There is something at the path of {count} other already: restore it by itself.",
    "Restored {done}. There is something at the paths of {count} others already: restore them one by one."],
  purge: "Delete for good", purgeText: "Delete {name} ({size}) for good? This cannot be undone.",
  purged: "Deleted {name} for good.",
  restoreAll: "Restore all", restoreAllText: "Put everything in the trash ({files}) back where it was?",
  emptyTrash: "Empty trash", emptyVersions: "Delete all versions",
  emptyText: "Delete all of it for good? This frees {size} and cannot be undone.",
  emptied: "All of it was deleted for good.",
  bringBack: "Bring a folder back",
  bringBackText: "Everything in the folder becomes as it was at the time, as far as the trash reaches. " +
    "What is there now and was not then goes to the trash, so nothing is lost.",
  folder: "Folder", choose: "Choose", chooseFolder: "Choose a folder", timeThen: "As it was at",
  broughtBack: "Restored {restored}, moved {removed} to the trash, left {kept} as they were.",

  // Account
  profile: "Profile", role_editor: "Editor", role_admin: "Admin", language: "Language",
  browsersLanguage: "The browser’s language", storage: "Storage", free: "Free", openTrash: "Open the trash",
  noQuotaText: "There is no limit on how much you can store.",
  deletedKept: ["Deleted files stay in the trash for {count} day.",
    "Deleted files stay in the trash for {count} days."],
  noTrash: "There is no trash: what is deleted is gone.",
  replacedKept: ["Replaced versions are kept for {count} day.", "Replaced versions are kept for {count} days."],
  replacedGone: "Replaced versions are not kept.",
  currentPassword: "Current password", newPassword: "New password", changePassword: "Change password",
  passwordRules: "At least 10 characters, and not your email address.",
  passwordShort: "The new password needs at least 10 characters.",
  passwordLong: "The new password is longer than 72 bytes.",
  passwordIsEmail: "The password must not be the email address.",
  passwordEndsSessions: "You stay logged in here. All your other sessions end.",
  passwordChanged: "Your password has been changed. Your other sessions have ended.",
  sessions: "Sessions",
  sessionsText: "Where you are logged in. End what you do not recognise, then change your password.",
  noSessions: "No one is logged in.", sessionSince: "Logged in", sessionUntil: "Ends by itself",
  thisSession: "This session", end: "End", endSession: "End the session of {time}", endOthers: "End all others",
  endAll: "End all", sessionsEnded: ["Ended the session.", "Ended {count} sessions."],

  // Administration
  filters: "Filters", nothingMatches: "No row matches these filters.", role: "Role", all: "All",
  userCount: ["{count} person", "{count} people"], newUser: "New user", disabled: "Disabled", you: "You",
  sizeOf: "{size} of {quota}", showFiles: "Show files", showAudit: "Show audit log",
  changeRole: "Change role", changeQuota: "Change quota", resetPassword: "Reset password", enable: "Enable",
  disable: "Disable", deleteUser: "Delete user", changeRoleOf: "Role of {name}", changeQuotaOf: "Quota of {name}",
  resetPasswordOf: "New password for {name}",
  disableUser: "Disable {name}?", deleteUserOf: "Delete {name}?", sessionsOf: "Sessions of {name}",
  changeEndsSessions: "The user is logged out everywhere.", usesNow: "Uses {size} now.",
  disableText: "The user is logged out everywhere and cannot log in until you enable the account again. " +
    "All files stay.",
  deleteUserText: "The account, its {files} ({size}), the trash and all versions are removed for good. " +
    "This cannot be undone. To keep the files, disable the account instead.",
  emailTaken: "There is already an account with this email address.",
  userCreated: "Created the account of {name}.", userChanged: "Changed the account of {name}.",
  passwordReset: "{name} has a new password.",
  userDisabled: "Disabled {name}.", userEnabled: "Enabled {name}.", userDeleted: "Deleted the account of {name}.",
  roleText: "Admins manage people and see what files there are. No one but the owner can open a file.",
  quota: "Quota in GiB", quotaText: "Empty for no quota. Trash and versions count, too.",
  makePassword: "Make a password", person: "Person", action: "Action", from: "From", to: "To", time: "Time",
  subject: "Subject", address: "Address", by: "by", operator: "the operator", nobody: "No one",
  formerUser: "Deleted user {id}", saveCSV: "Save as CSV", savedAs: "Saved {name}.",
  did_login: "Logged in", did_login_failed: "Login failed", did_login_blocked: "Login blocked",
  did_logout: "Logged out", did_session_revoke: "Session ended", did_retrieve: "Downloaded", did_store: "Stored",
  did_move: "Moved", did_delete: "Deleted for good", did_trash: "Moved to the trash", did_restore: "Restored",
  did_purge: "Removed from the trash", did_user_create: "User created", did_user_password: "Password changed",
  did_user_disable: "User disabled", did_user_enable: "User enabled", did_user_role: "Role changed",
  did_user_quota: "Quota changed", did_user_delete: "User deleted", did_key_rotate: "New signing key",
  did_key_retire: "Signing key retired",
  refresh: "Refresh", service: "Service", ready: "Everything works", notReady: "Something does not work",
  version: "Version", contents: "Contents", users: "People", admins: "Enabled admins",
  disabledUsers: "Disabled accounts", openSessions: "Open sessions",
  sizeOfFiles: "Size of the files", largest: "Who uses most",
};

const GERMAN = {
  account: "Konto", actions: "Aktionen", allFiles: "Alle Dateien", auditLog: "Protokoll",
  breadcrumbs: "Übergeordnete Ordner", cancel: "Abbrechen", changed: "Geändert", chooseFiles: "Dateien zum Hochladen",
  clearSelection: "Auswahl aufheben", close: "Schließen", copy: "Kopieren", create: "Anlegen", created: "Angelegt",
  delete: "Löschen", description: "Beschreibung", details: "Details", done: "Fertig", download: "Herunterladen",
  filePath: "Dateipfad", folders: "Ordner", help: "Tastenkürzel", logOut: "Abmelden", menu: "Menü",
  move: "Verschieben", name: "Name", navigation: "Hauptnavigation", newFolder: "Neuer Ordner", newName: "Neuer Name",
  owner: "Besitzer", people: "Personen", preview: "Vorschau", rename: "Umbenennen",
  restore: "Wiederherstellen", retry: "Erneut versuchen", save: "Speichern", search: "Dateien suchen",
  searchResults: "Suchergebnisse", selection: "Ausgewählte Dateien", size: "Größe", skip: "Zum Inhalt springen",
  sortBy: "Sortieren nach", state: "System", today: "Heute", trash: "Papierkorb", type: "Typ", undo: "Rückgängig",
  upload: "Hochladen", uploadFiles: "Dateien hochladen", uploadFolder: "Ordner hochladen", usage: "Belegter Speicher",
  files: "Dateien", filesIn: "Dateien in {name}",
  quoted: "„{name}“",
  bytes: ["{count} Byte", "{count} Bytes"],
  fileCount: ["{count} Datei", "{count} Dateien"],
  entries: ["{count} Eintrag", "{count} Einträge"],
  entriesLoaded: "{count} Einträge, weitere beim Blättern",
  firstFound: "Die neuesten {count} Treffer",
  selected: ["{count} ausgewählt", "{count} ausgewählt"],
  seconds: "{count} s", minutes: "{count} min", hours: "{count} h",
  loading: "Lädt… {count} Einträge",
  used: "{size} belegt", usedOf: "{size} von {quota} belegt",
  failed: "Das konnte nicht geladen werden",
  selectAll: "Alles auswählen", selectRow: "{name} auswählen", actionsFor: "Aktionen für {name}",
  downloadName: "{name} herunterladen",

  sortName: "Name, A bis Z", sortNameDown: "Name, Z bis A", sortNewest: "Neueste zuerst", sortOldest: "Älteste zuerst",
  sortLargest: "Größte zuerst", sortSmallest: "Kleinste zuerst",
  noFiles: "Hier stehen Ihre Dateien", emptyFolder: "Dieser Ordner ist leer",
  dropHere: "Ziehen Sie Dateien oder Ordner hierher, oder wählen Sie sie aus.", nothingFound: "Nichts gefunden",
  nothingFoundText: "Keine Datei hat „{text}“ in ihrem Pfad.", searchFor: "Suche nach „{text}“",
  folderName: "Name des Ordners", folderCreated: "Ordner „{name}“ angelegt.", renamed: "In „{name}“ umbenannt.",
  moveTo: "Verschieben nach", copyTo: "Kopieren nach", moveHere: "Hierher verschieben", copyHere: "Hierher kopieren",
  parentFolder: "Übergeordneter Ordner", noFolders: "Hier sind keine Ordner",
  moved: "{name} nach {folder} verschoben.", copied: "{name} nach {folder} kopiert.", deleted: "{name} gelöscht.",
  movedToTrash: "{name} in den Papierkorb verschoben.", restored: "{name} wiederhergestellt.",
  downloadStarted: "{name} wird heruntergeladen.",

  pathEmpty: "Geben Sie einen Namen ein.", pathControl: "Ein Name darf keine Steuerzeichen enthalten.",
  pathBackslash: "Trennen Sie Ordner mit / und nicht mit \\.",
  pathSlash: "Der Pfad darf nicht mit einem Schrägstrich beginnen oder enden.",
  pathLong: "Der Pfad ist länger als {max} Bytes.",
  pathDoubleSlash: "Der Pfad hat einen leeren Ordnernamen (zwei Schrägstriche hintereinander).",
  pathDots: "Ein Ordner oder eine Datei kann nicht „.“ oder „..“ heißen.",
  nameLong: "Der Name ist länger als {max} Bytes.", nameSlash: "Ein Name darf keinen Schrägstrich enthalten.",
  signDirection: "Ein Zeichen, das die Richtung des Textes ändert", signSpace: "Ein Leerzeichen",
  signUnseen: "Ein unsichtbares Zeichen", signAlone: "Ein Zeichen für sich",

  errorKF001: "E-Mail oder Passwort ist falsch.",
  errorKF002: "Datei nicht gefunden. Vielleicht wurde sie verschoben oder gelöscht.",
  errorKF007: "Der Server hat keinen Platz mehr. Es ging nichts verloren; fragen Sie seinen Administrator.",
  errorKF009: "Der Upload brach ab. Versuchen Sie es noch einmal.",
  errorKF010: "Der Upload kam beschädigt an. Versuchen Sie es noch einmal.",
  errorKF021: "Der Server ist gerade nicht verfügbar. Versuchen Sie es gleich noch einmal.",
  errorKF029: "Ein Ordner kann nicht in sich selbst verschoben werden.",
  errorKF047: "Ordner nicht gefunden. Vielleicht wurde er verschoben oder gelöscht.",
  errorKF048: "Der Server ist mit anderen langen Anfragen beschäftigt. Versuchen Sie es gleich noch einmal.",
  errorPGRST000: "Der Server ist gerade nicht verfügbar. Versuchen Sie es gleich noch einmal.",
  errorKF008: "Der Speicher ist gerade nicht verfügbar. Versuchen Sie es gleich noch einmal.",
  errorKF011: "Ihre Sitzung ist beendet.",
  errorKF018: "Ein aktiver Administrator muss bleiben. Machen Sie zuerst jemand anderen zum Administrator.",
  errorKF027: "Dieses Konto gibt es nicht mehr.", errorKF028: "Das aktuelle Passwort ist falsch.",
  errorKF031: "Die Suche dauert zu lange. Suchen Sie nach einem längeren Text.",
  errorKF032: "Zu viele Suchen gleichzeitig. Versuchen Sie es gleich noch einmal.",
  errorKF033: "Es ist nicht bekannt, ob das ausgeführt wurde. Sehen Sie nach, bevor Sie es noch einmal versuchen.",
  errorKF040: "Zu viele Anmeldungen gleichzeitig. Versuchen Sie es gleich noch einmal.",
  errorUnreachable: "Der Server ist nicht erreichbar. Prüfen Sie die Verbindung und versuchen Sie es erneut.",
  errorOther: "Der Server antwortete mit einem Fehler ({status}).",
  error401: "Ihre Sitzung ist beendet.", error413: "Die Datei ist zu groß.",
  error429: "Zu viele Versuche. Warten Sie kurz und versuchen Sie es erneut.",
  error503: "Der Dienst ist gerade nicht verfügbar. Versuchen Sie es gleich noch einmal.",
  error507: "Der Speicher ist voll.",

  logIn: "Anmelden", loggingIn: "Meldet an…", email: "E-Mail", password: "Passwort", showPassword: "Passwort zeigen",
  tooManyLogins: "Zu viele Fehlversuche. In {time} können Sie es wieder versuchen.",
  tryAgainNow: "Sie können es jetzt wieder versuchen.",
  sessionEnded: "Ihre Sitzung ist beendet. Bitte melden Sie sich wieder an.",
  noCookie: "Der Browser behält das Cookie von Coffer nicht, das zum Angemeldetbleiben nötig ist. " +
    "Erlauben Sie Cookies für diese Seite und melden Sie sich erneut an.",

  // Uploads
  uploads: "Uploads", uploadTitle: ["Datei hochladen", "{count} Dateien hochladen"],
  pathHint: "Der Name mit den Ordnern darüber, durch / getrennt.",
  folderHint: "Der Ordner, in den die Dateien kommen. Ohne ihn kommen sie ganz nach oben.",
  willBeCalled: "Sie wird „{name}“ heißen.", descriptionLong: "Höchstens {max} Zeichen.",
  chosenFiles: "Ausgewählte Dateien",
  chosenTotal: "{files}, zusammen {size}", andMore: ["und {count} weitere", "und {count} weitere"], pastedImage: "Bild",
  preparing: "Bereitet {count} Dateien vor…",
  unreadable: ["{count} Datei oder Ordner konnte nicht gelesen werden.",
    "{count} Dateien oder Ordner konnten nicht gelesen werden."],
  uploadTooLarge: "Die Datei ist zu groß: Sie hat {size}, und hochgeladen werden können höchstens {limit}.",
  uploadOverQuota: [
    "Die Datei ist zu groß für Ihren Speicherplatz: Sie hat {size}, und von {quota} sind nur {free} frei.",
    "Die {count} Dateien sind zu groß für Ihren Speicherplatz: " +
      "Sie haben zusammen {size}, und von {quota} sind nur {free} frei.",
  ],
  replacedIsFree: "Was ersetzt wird, zählt als frei.", trashHolds: "Der Papierkorb enthält {size}.",
  existsOne: "„{name}“ gibt es schon",
  exist: ["{count} der Dateien gibt es schon", "{count} der Dateien gibt es schon"],
  existKept: ["Was Sie ersetzen, bleibt {count} Tag lang als ältere Version erhalten.",
    "Was Sie ersetzen, bleibt {count} Tage lang als ältere Version erhalten."],
  existGone: "Was Sie ersetzen, kann nicht wiederhergestellt werden.",
  existsReason: "Eine Datei mit diesem Pfad gibt es schon.",
  replace: "Ersetzen", keepBoth: "Beide behalten", skipTaken: "Auslassen",
  uploading: "Lädt {done} von {count} hoch", uploaded: ["{count} Datei hochgeladen", "{count} Dateien hochgeladen"],
  uploadedName: "„{name}“ hochgeladen.",
  uploadsFailed: ["{count} Upload fehlgeschlagen", "{count} Uploads fehlgeschlagen"],
  uploadsPaused: ["{count} Upload angehalten", "{count} Uploads angehalten"],
  uploadsInterrupted: ["{count} Upload wurde unterbrochen", "{count} Uploads wurden unterbrochen"],
  uploadStuck: "{name}: {reason}", uploadProgress: "Alle Uploads", uploadOf: "Upload von {name}",
  uploadList: "Liste der Uploads", uploadFold: "Liste der Uploads zeigen", closeUploads: "Uploads schließen",
  chooseAgain: "Dateien erneut auswählen und fortsetzen", filesAgain: "Dateien der unterbrochenen Uploads",
  notTheFiles: "Das sind nicht die Dateien der unterbrochenen Uploads. " +
    "Name, Größe und Änderungszeit müssen gleich sein.",
  sentOf: "{sent} von {size}", perSecond: "{size}/s", timeLeft: "noch {time}", storing: "Speichert…",
  queued: "{size}, wartet",
  pausedAt: "Angehalten bei {sent} von {size}", stoppedAt: "Unterbrochen bei {sent} von {size}",
  pauseAll: "Alle anhalten", resumeAll: "Alle fortsetzen", retryAll: "Alle erneut versuchen", stopAll: "Alle abbrechen",
  pauseName: "{name} anhalten", resumeName: "{name} fortsetzen", retryName: "{name} erneut versuchen",
  cancelName: "{name} abbrechen",
  stopAllTitle: "Alle Uploads abbrechen?", leaveTitle: "Während eines Uploads abmelden?",
  stopAllText: ["{count} Upload ist nicht vollständig. Was davon gesendet wurde, geht verloren.",
    "{count} Uploads sind nicht vollständig. Was davon gesendet wurde, geht verloren."],
  uploadLost: "Die Verbindung ist abgebrochen.",
  uploadOffline: "Sie sind offline. Der Upload geht weiter, sobald die Verbindung wieder da ist.",
  uploadRetrying: "{reason} Es wird erneut versucht.",
  uploadChanged: "Die Datei auf Ihrem Gerät hat sich geändert oder kann nicht mehr gelesen werden.",
  uploadOtherUser: "In diesem Browser hat sich jemand anderes angemeldet. Laden Sie die Seite neu.",
  sessionEndedTitle: "Ihre Sitzung ist beendet",
  logInToGoOn: "Melden Sie sich wieder an, dann gehen die Uploads weiter.",

  // Details, versions, preview, shortcuts
  allMyFiles: "Alle meine Dateien", bringBackFolder: "Ordner auf einen Zeitpunkt zurücksetzen…",
  contains: "Enthält",
  bringBackHint: "Nach einem Versehen kann alles in diesem Ordner wieder so werden, wie es zu einem Zeitpunkt war.",
  copyDigest: "SHA-256 kopieren", digestCopied: "Kopiert", downloadVersion: "Version bis {time} herunterladen",
  editDescription: "Beschreibung bearbeiten", fileGone: "Diese Datei wurde inzwischen gelöscht oder verschoben.",
  noDescription: "Keine Beschreibung", path: "Pfad", restoreVersion: "Version bis {time} wiederherstellen",
  saved: "Gespeichert.", sha256: "SHA-256", showInFolder: "Im Ordner zeigen",
  until: "Bis {time}", versionRestored: "Die Version ist wieder der Inhalt. Der Inhalt davor ist nun eine Version.",
  versions: "Versionen", versionsOff: "Alte Inhalte werden hier nicht aufbewahrt.",
  noVersions: ["Wenn Sie den Inhalt ersetzen, bleibt der alte hier {count} Tag erhalten.",
    "Wenn Sie den Inhalt ersetzen, bleibt der alte hier {count} Tage erhalten."],
  previousFile: "Vorherige Datei", nextFile: "Nächste Datei", place: "{number} von {count}",
  openInTab: "In neuem Tab öffnen",
  emptyFile: "Diese Datei ist leer", noPreview: "Für diesen Typ gibt es keine Vorschau",
  noPDFViewer: "Dieser Browser zeigt PDF nicht innerhalb einer Seite",
  firstPart: "Das ist das erste MiB von {size}. Laden Sie die Datei herunter, um alles zu sehen.",
  cannotShow: "Diese Datei kann nicht gezeigt werden",
  damaged: "Der Browser versteht ihren Inhalt nicht. Vielleicht ist er beschädigt.", keysEverywhere: "Überall",
  keysList: "In einer Liste", keysFiles: "Mit den ausgewählten Dateien", keysPreview: "In der Vorschau",
  keyBackspace: "Rücktaste", keyHome: "Pos 1", keyEnd: "Ende", keyEnter: "Eingabe", keySpace: "Leertaste",
  keyShift: "Umschalt", keyControl: "Strg", keyEscape: "Esc", keyDelete: "Entf", keyMove: "Nächste oder vorige Zeile",
  keyEnds: "Erste oder letzte Zeile", keyOpen: "Öffnen", keySelect: "Auswählen oder aufheben",
  keyExtend: "Auswahl erweitern", keyOthers: "Vorherige oder nächste Datei",

  // Trash
  andOthers: ["{name} und {count} weitere", "{name} und {count} weitere"], deletedFiles: "Gelöschte Dateien",
  oldVersions: "Alte Versionen", deletedAt: "Gelöscht", replaced: "Ersetzt", keptUntil: "Bleibt bis",
  restoreName: "{name} wiederherstellen",
  trashEmpty: "Der Papierkorb ist leer", trashOff: "Gelöschte Dateien werden hier nicht aufbewahrt.",
  trashKept: ["Was Sie löschen, bleibt hier {count} Tag.", "Was Sie löschen, bleibt hier {count} Tage."],
  noOldVersions: "Es gibt keine alten Versionen",
  versionsKept: ["Wenn Sie eine Datei ersetzen, bleibt der alte Inhalt hier {count} Tag.",
    "Wenn Sie eine Datei ersetzen, bleibt der alte Inhalt hier {count} Tage."],
  restoreAs: "Unter anderem Pfad wiederherstellen", folderPath: "Ordnerpfad", restoredFolder: "wiederhergestellt",
  pathTaken: "Am Pfad von „{name}“ ist schon etwas. Stellen Sie es unter einem anderen Pfad wieder her:",
  restoredExcept: [
    "{done} wiederhergestellt. Am Pfad von {count} weiteren ist schon etwas: Stellen Sie ihn für sich wieder her.",
    "{done} wiederhergestellt. An den Pfaden von {count} weiteren ist schon etwas: Stellen Sie sie einzeln wieder her.",
  ],
  purge: "Endgültig löschen",
  purgeText: "{name} ({size}) endgültig löschen? Das kann nicht rückgängig gemacht werden.",
  purged: "{name} endgültig gelöscht.",
  restoreAll: "Alle wiederherstellen", restoreAllText: "Alles im Papierkorb ({files}) dorthin zurücklegen, wo es war?",
  emptyTrash: "Papierkorb leeren", emptyVersions: "Alle Versionen löschen",
  emptyText: "Alles endgültig löschen? Das gibt {size} frei und kann nicht rückgängig gemacht werden.",
  emptied: "Alles wurde endgültig gelöscht.",
  bringBack: "Ordner zurücksetzen",
  bringBackText: "Alles im Ordner wird so, wie es zu dem Zeitpunkt war, soweit der Papierkorb reicht. " +
    "Was jetzt da ist und damals nicht da war, kommt in den Papierkorb; es geht also nichts verloren.",
  folder: "Ordner", choose: "Auswählen", chooseFolder: "Ordner auswählen", timeThen: "Wie er war am",
  broughtBack: "{restored} wiederhergestellt, {removed} in den Papierkorb verschoben, {kept} gelassen, wie sie waren.",

  // Account
  profile: "Profil", role_editor: "Bearbeiter", role_admin: "Administrator", language: "Sprache",
  browsersLanguage: "Sprache des Browsers", storage: "Speicher", free: "Frei", openTrash: "Papierkorb öffnen",
  noQuotaText: "Sie können beliebig viel speichern.",
  deletedKept: ["Gelöschte Dateien bleiben {count} Tag im Papierkorb.",
    "Gelöschte Dateien bleiben {count} Tage im Papierkorb."],
  noTrash: "Es gibt keinen Papierkorb: Gelöschtes ist weg.",
  replacedKept: ["Ersetzte Versionen bleiben {count} Tag erhalten.",
    "Ersetzte Versionen bleiben {count} Tage erhalten."],
  replacedGone: "Ersetzte Versionen bleiben nicht erhalten.",
  currentPassword: "Aktuelles Passwort", newPassword: "Neues Passwort", changePassword: "Passwort ändern",
  passwordRules: "Mindestens 10 Zeichen, und nicht die E-Mail-Adresse.",
  passwordShort: "Das neue Passwort braucht mindestens 10 Zeichen.",
  passwordLong: "Das neue Passwort ist länger als 72 Bytes.",
  passwordIsEmail: "Das Passwort darf nicht die E-Mail-Adresse sein.",
  passwordEndsSessions: "Hier bleiben Sie angemeldet. Alle Ihre anderen Sitzungen enden.",
  passwordChanged: "Ihr Passwort ist geändert. Ihre anderen Sitzungen sind beendet.",
  sessions: "Sitzungen",
  sessionsText: "Wo Sie angemeldet sind. Beenden Sie, was Sie nicht kennen, und ändern Sie dann Ihr Passwort.",
  noSessions: "Niemand ist angemeldet.", sessionSince: "Angemeldet", sessionUntil: "Endet von selbst",
  thisSession: "Diese Sitzung", end: "Beenden", endSession: "Sitzung vom {time} beenden",
  endOthers: "Alle anderen beenden", endAll: "Alle beenden",
  sessionsEnded: ["Die Sitzung ist beendet.", "{count} Sitzungen sind beendet."],

  // Administration
  filters: "Filter", nothingMatches: "Keine Zeile passt zu diesen Filtern.", role: "Rolle", all: "Alle",
  userCount: ["{count} Person", "{count} Personen"], newUser: "Neues Konto", disabled: "Gesperrt", you: "Sie",
  sizeOf: "{size} von {quota}", showFiles: "Dateien zeigen", showAudit: "Protokoll zeigen",
  changeRole: "Rolle ändern", changeQuota: "Kontingent ändern", resetPassword: "Passwort neu setzen",
  enable: "Freigeben", disable: "Sperren", deleteUser: "Konto löschen", changeRoleOf: "Rolle von {name}",
  changeQuotaOf: "Kontingent von {name}", resetPasswordOf: "Neues Passwort für {name}",
  disableUser: "{name} sperren?", deleteUserOf: "{name} löschen?", sessionsOf: "Sitzungen von {name}",
  changeEndsSessions: "Die Person wird überall abgemeldet.", usesNow: "Belegt jetzt {size}.",
  disableText: "Die Person wird überall abgemeldet und kann sich erst wieder anmelden, " +
    "wenn Sie das Konto freigeben. Alle Dateien bleiben.",
  deleteUserText: "Das Konto, {files} ({size}), der Papierkorb und alle Versionen werden endgültig entfernt. " +
    "Das lässt sich nicht rückgängig machen. Sollen die Dateien bleiben, sperren Sie das Konto stattdessen.",
  emailTaken: "Zu dieser E-Mail-Adresse gibt es schon ein Konto.",
  userCreated: "Konto von {name} angelegt.", userChanged: "Konto von {name} geändert.",
  passwordReset: "{name} hat ein neues Passwort.",
  userDisabled: "{name} gesperrt.", userEnabled: "{name} freigegeben.", userDeleted: "Konto von {name} gelöscht.",
  roleText: "Administratoren verwalten Personen und sehen, welche Dateien es gibt. " +
    "Nur der Besitzer kann eine Datei öffnen.",
  quota: "Kontingent in GiB", quotaText: "Leer für kein Kontingent. Papierkorb und Versionen zählen mit.",
  makePassword: "Passwort erzeugen", person: "Person", action: "Aktion", from: "Von", to: "Bis", time: "Zeit",
  subject: "Gegenstand", address: "Adresse", by: "durch", operator: "den Betreiber", nobody: "Niemand",
  formerUser: "Gelöschtes Konto {id}", saveCSV: "Als CSV speichern", savedAs: "{name} gespeichert.",
  did_login: "Angemeldet", did_login_failed: "Anmeldung fehlgeschlagen", did_login_blocked: "Anmeldung gesperrt",
  did_logout: "Abgemeldet", did_session_revoke: "Sitzung beendet", did_retrieve: "Heruntergeladen",
  did_store: "Gespeichert", did_move: "Verschoben", did_delete: "Endgültig gelöscht", did_trash: "In den Papierkorb",
  did_restore: "Wiederhergestellt", did_purge: "Aus dem Papierkorb entfernt", did_user_create: "Konto angelegt",
  did_user_password: "Passwort geändert", did_user_disable: "Konto gesperrt", did_user_enable: "Konto freigegeben",
  did_user_role: "Rolle geändert", did_user_quota: "Kontingent geändert", did_user_delete: "Konto gelöscht",
  did_key_rotate: "Neuer Signaturschlüssel", did_key_retire: "Signaturschlüssel zurückgezogen",
  refresh: "Aktualisieren", service: "Dienst", ready: "Alles funktioniert", notReady: "Etwas funktioniert nicht",
  version: "Version", contents: "Inhalt", users: "Personen", admins: "Aktive Administratoren",
  disabledUsers: "Gesperrte Konten", openSessions: "Offene Sitzungen",
  sizeOfFiles: "Größe der Dateien", largest: "Wer am meisten belegt",
};

const TEXTS = { en: ENGLISH, de: GERMAN };
const KEY = "coffer-language";

/** "en" or "de": what the person chose in Account, otherwise the first of the browser's languages that there is. */
export const language = chosenLanguage()
  ?? navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in TEXTS) ?? "en";

/** The language that the person chose, or null for the browser's. */
export function chosenLanguage() {
  try {
    const stored = localStorage.getItem(KEY);
    return stored in TEXTS ? stored : null;
  } catch {
    return null;
  }
}

/** Chooses a language, or the browser's for null. It counts from the next load of the page on. */
export function chooseLanguage(tag) {
  if (tag === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, tag);
}

document.documentElement.lang = language;

const NUMBER = new Intl.NumberFormat(language);
const PLURAL = new Intl.PluralRules(language);

function template(key, values, fallback) {
  const text = TEXTS[language][key] ?? fallback;
  if (text === undefined) throw new Error(`There is no text "${key}"`);
  return Array.isArray(text) ? text[PLURAL.select(values.count) === "one" ? 0 : 1] : text;
}

/**
 * A text as a string.
 * @param {unknown} fallback what to return if there is no such text; without it, that is an error
 */
export function t(key, values = {}, fallback = undefined) {
  const text = template(key, values, fallback);
  return typeof text === "string" ? text.replace(/\{(\w+)\}/g, (_, name) => shown(values[name])) : text;
}

/** A text as nodes, in which values may be nodes or lists of nodes. */
export function tn(key, values = {}) {
  return template(key, values).split(/(\{\w+\})/).flatMap((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return part === "" ? [] : [part];
    const value = values[name];
    return typeof value === "object" ? [value].flat() : [shown(value)];
  });
}

const shown = (value) => (typeof value === "number" ? NUMBER.format(value) : String(value));
