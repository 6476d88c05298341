// Files and folders that were dropped on the page.

/**
 * Finds all files below entries of the File and Directory Entries API.
 * @param {FileSystemEntry[]} entries
 * @returns {Promise<{files: {file: File, path: string}[], folders: string[], unreadable: number}>}
 *   `folders`: empty ones
 */
export async function filesBelow(entries) {
  const found = { files: [], folders: [], unreadable: 0 };
  for (const entry of entries) await visit(entry, entry.name, found);
  return found;
}

async function visit(entry, path, found) {
  try {
    if (entry.isFile) {
      found.files.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path });
      return;
    }
    const inside = await childrenOf(entry);
    if (inside.length === 0) found.folders.push(path);
    for (const child of inside) await visit(child, `${path}/${child.name}`, found);
  } catch {
    found.unreadable += 1;
  }
}

/** A reader gives some entries at a time, and none at the end. */
async function childrenOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

const GENERIC_NAME = /^(image|unknown)?(\.\w+)?$/;

/** The name of a pasted file; pictures from the clipboard have none of their own, so they get the time. */
export function pastedName({ name, type }, word) {
  if (!GENERIC_NAME.test(name)) return name;
  const extension = /\.\w+$/.exec(name)?.[0] ?? `.${type.split("/").at(-1).replace(/\W.*/, "")}`;
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(two).join("-");
  return `${word} ${day} ${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(".")}${extension}`;
}
