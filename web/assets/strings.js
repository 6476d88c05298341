// Every text of the web app, in English and German. A text names its values in braces; one with a plural is a list of
// the form for one and the form for others, which `count` decides.

const ENGLISH = {
  // Words that occur in several places
  account: "Account", actions: "Actions", allFiles: "All files", auditLog: "Audit log", breadcrumbs: "Folders above",
  cancel: "Cancel", changed: "Changed", chooseFiles: "Files to upload", clearSelection: "Clear selection", close: "Close",
  copy: "Copy", create: "Create", created: "Created", delete: "Delete", description: "Description", details: "Details",
  done: "Done", download: "Download", filePath: "File path", folders: "Folders", help: "Keyboard shortcuts", logOut: "Log out",
  menu: "Menu", move: "Move", name: "Name", navigation: "Main", newFolder: "New folder", newName: "New name", next: "Next",
  open: "Open", owner: "Owner", people: "People", previous: "Previous", preview: "Preview", rename: "Rename",
  restore: "Restore", retry: "Try again", save: "Save", search: "Search files", searchResults: "Search results",
  selection: "Selected files", size: "Size", skip: "Skip to the content", sortBy: "Sort by", state: "System", today: "Today",
  trash: "Trash", type: "Type", undo: "Undo", upload: "Upload", uploadFiles: "Upload files", uploadFolder: "Upload folder",
  usage: "Storage used",
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
  selectAll: "Select all", selectRow: "Select {name}", actionsFor: "Actions for {name}", downloadName: "Download {name}",

  // Files
  sortName: "Name, A to Z", sortNameDown: "Name, Z to A", sortNewest: "Newest first", sortOldest: "Oldest first",
  sortLargest: "Largest first", sortSmallest: "Smallest first",
  noFiles: "Your files will be here", emptyFolder: "This folder is empty", dropHere: "Drop files or folders here, or choose them.",
  nothingFound: "Nothing found", nothingFoundText: "No file has “{text}” in its path.", searchFor: "Search for “{text}”",
  folderName: "Folder name", folderCreated: "Created the folder “{name}”.", renamed: "Renamed to “{name}”.",
  moveTo: "Move to", copyTo: "Copy to", moveHere: "Move here", copyHere: "Copy here", parentFolder: "Parent folder",
  noFolders: "No folders here", moved: "Moved {name} to {folder}.", copied: "Copied {name} to {folder}.",
  deleted: "Deleted {name}.", movedToTrash: "Moved {name} to the trash.", restored: "Restored {name}.",
  downloadStarted: "The download of {name} has started.",

  // Paths
  pathEmpty: "Enter a name.", pathControl: "A name must not contain control characters.", pathBackslash: "Use / and not \\ between folders.",
  pathSlash: "The path must not begin or end with a slash.", pathLong: "The path is longer than {max} bytes.",
  pathDoubleSlash: "The path has an empty folder name (two slashes in a row).",
  pathDots: "A folder or file cannot be called “.” or “..”.", nameLong: "The name is longer than {max} bytes.",
  nameSlash: "A name must not contain a slash.",
  signDirection: "A sign that changes the direction of the text", signSpace: "A space", signUnseen: "A sign that cannot be seen",
  signAlone: "A sign by itself",

  // Errors
  errorUnreachable: "The server cannot be reached. Check your connection and try again.",
  errorOther: "The server answered with an error ({status}).",
  error401: "Your session has ended.", error413: "The file is too large.", error429: "Too many attempts. Wait a moment and try again.",
  error503: "The service is not available at the moment. Try again shortly.", error507: "The storage is full.",

  // Login
  logIn: "Log in", loggingIn: "Logging in…", email: "Email", password: "Password", showPassword: "Show password",
  tooManyLogins: "Too many failed logins. You can try again in {time}.",
  sessionEnded: "Your session has ended. Please log in again.",
  noCookie: "The browser does not keep Coffer's cookie, which is needed to stay logged in. Allow cookies for this site and log in again.",

  // Uploads

  // Details, versions, preview, shortcuts

  // Trash

  // Account

  // Administration
};

const GERMAN = {
  account: "Konto", actions: "Aktionen", allFiles: "Alle Dateien", auditLog: "Protokoll", breadcrumbs: "Übergeordnete Ordner",
  cancel: "Abbrechen", changed: "Geändert", chooseFiles: "Dateien zum Hochladen", clearSelection: "Auswahl aufheben", close: "Schließen",
  copy: "Kopieren", create: "Anlegen", created: "Angelegt", delete: "Löschen", description: "Beschreibung", details: "Details",
  done: "Fertig", download: "Herunterladen", filePath: "Dateipfad", folders: "Ordner", help: "Tastenkürzel", logOut: "Abmelden",
  menu: "Menü", move: "Verschieben", name: "Name", navigation: "Hauptnavigation", newFolder: "Neuer Ordner", newName: "Neuer Name", next: "Weiter",
  open: "Öffnen", owner: "Besitzer", people: "Personen", previous: "Zurück", preview: "Vorschau", rename: "Umbenennen",
  restore: "Wiederherstellen", retry: "Erneut versuchen", save: "Speichern", search: "Dateien suchen", searchResults: "Suchergebnisse",
  selection: "Ausgewählte Dateien", size: "Größe", skip: "Zum Inhalt springen", sortBy: "Sortieren nach", state: "System", today: "Heute",
  trash: "Papierkorb", type: "Typ", undo: "Rückgängig", upload: "Hochladen", uploadFiles: "Dateien hochladen", uploadFolder: "Ordner hochladen",
  usage: "Belegter Speicher",
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
  selectAll: "Alles auswählen", selectRow: "{name} auswählen", actionsFor: "Aktionen für {name}", downloadName: "{name} herunterladen",

  sortName: "Name, A bis Z", sortNameDown: "Name, Z bis A", sortNewest: "Neueste zuerst", sortOldest: "Älteste zuerst",
  sortLargest: "Größte zuerst", sortSmallest: "Kleinste zuerst",
  noFiles: "Hier stehen Ihre Dateien", emptyFolder: "Dieser Ordner ist leer", dropHere: "Ziehen Sie Dateien oder Ordner hierher, oder wählen Sie sie aus.",
  nothingFound: "Nichts gefunden", nothingFoundText: "Keine Datei hat „{text}“ in ihrem Pfad.", searchFor: "Suche nach „{text}“",
  folderName: "Name des Ordners", folderCreated: "Ordner „{name}“ angelegt.", renamed: "In „{name}“ umbenannt.",
  moveTo: "Verschieben nach", copyTo: "Kopieren nach", moveHere: "Hierher verschieben", copyHere: "Hierher kopieren", parentFolder: "Übergeordneter Ordner",
  noFolders: "Hier sind keine Ordner", moved: "{name} nach {folder} verschoben.", copied: "{name} nach {folder} kopiert.",
  deleted: "{name} gelöscht.", movedToTrash: "{name} in den Papierkorb verschoben.", restored: "{name} wiederhergestellt.",
  downloadStarted: "{name} wird heruntergeladen.",

  pathEmpty: "Geben Sie einen Namen ein.", pathControl: "Ein Name darf keine Steuerzeichen enthalten.", pathBackslash: "Trennen Sie Ordner mit / und nicht mit \\.",
  pathSlash: "Der Pfad darf nicht mit einem Schrägstrich beginnen oder enden.", pathLong: "Der Pfad ist länger als {max} Bytes.",
  pathDoubleSlash: "Der Pfad hat einen leeren Ordnernamen (zwei Schrägstriche hintereinander).",
  pathDots: "Ein Ordner oder eine Datei kann nicht „.“ oder „..“ heißen.", nameLong: "Der Name ist länger als {max} Bytes.",
  nameSlash: "Ein Name darf keinen Schrägstrich enthalten.",
  signDirection: "Ein Zeichen, das die Richtung des Textes ändert", signSpace: "Ein Leerzeichen", signUnseen: "Ein unsichtbares Zeichen",
  signAlone: "Ein Zeichen für sich",

  errorUnreachable: "Der Server ist nicht erreichbar. Prüfen Sie die Verbindung und versuchen Sie es erneut.",
  errorOther: "Der Server antwortete mit einem Fehler ({status}).",
  error401: "Ihre Sitzung ist beendet.", error413: "Die Datei ist zu groß.", error429: "Zu viele Versuche. Warten Sie kurz und versuchen Sie es erneut.",
  error503: "Der Dienst ist gerade nicht verfügbar. Versuchen Sie es gleich noch einmal.", error507: "Der Speicher ist voll.",

  logIn: "Anmelden", loggingIn: "Meldet an…", email: "E-Mail", password: "Passwort", showPassword: "Passwort zeigen",
  tooManyLogins: "Zu viele Fehlversuche. In {time} können Sie es wieder versuchen.",
  sessionEnded: "Ihre Sitzung ist beendet. Bitte melden Sie sich wieder an.",
  noCookie: "Der Browser behält das Cookie von Coffer nicht, das zum Angemeldetbleiben nötig ist. Erlauben Sie Cookies für diese Seite und melden Sie sich erneut an.",

  // Uploads

  // Details, versions, preview, shortcuts

  // Trash

  // Account

  // Administration
};

const TEXTS = { en: ENGLISH, de: GERMAN };
const KEY = "coffer-language";

/** "en" or "de": what the person chose in Account, otherwise the first of the browser's languages that there is. */
export const language = chosenLanguage() ?? navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in TEXTS) ?? "en";

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

/** For tests: both languages have the same texts. */
export const keys = () => Object.fromEntries(Object.entries(TEXTS).map(([tag, texts]) => [tag, Object.keys(texts)]));
