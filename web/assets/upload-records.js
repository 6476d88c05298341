// What is needed to go on with resumable uploads after the page has been closed, for each user, in the browser's
// storage. A page holds a lock for each upload that it works on, so that no other page takes it for an interrupted one.

const KEY = "coffer-uploads";

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function change(userId, update) {
  const all = read();
  const records = update(all[userId] ?? []);
  if (records.length > 0) all[userId] = records;
  else delete all[userId];
  try {
    if (Object.keys(all).length > 0) localStorage.setItem(KEY, JSON.stringify(all));
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage, an upload is lost with its page.
  }
}

/** @param {object} record `id` of the upload, `path`, `name`, `size`, `modified`, `description`, `mustBeNew` */
export function remember(userId, record) {
  change(userId, (records) => [...records.filter(({ id }) => id !== record.id), record]);
}

export const forgetUpload = (userId, forgotten) =>
  change(userId, (records) => records.filter(({ id }) => id !== forgotten));
export const forgetUploads = (userId) => change(userId, () => []);

const lockName = (id) => `coffer-upload-${id}`;

/** Says to other pages that this one works on the upload. @returns {() => void} ends that */
export function claim(id) {
  let release = () => {};
  const released = new Promise((resolve) => { release = resolve; });
  // There are no locks without TLS, except on loopback addresses.
  navigator.locks?.request(lockName(id), () => released);
  return release;
}

/** The user's uploads on which no page works. */
export async function interruptedUploads(userId) {
  const { held } = await navigator.locks?.query() ?? { held: [] };
  const names = new Set(held.map(({ name }) => name));
  return (read()[userId] ?? []).filter(({ id }) => !names.has(lockName(id)));
}
