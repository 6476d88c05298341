// What is needed to go on with resumable uploads after the page has been closed, for each user, in the browser's
// storage. A page holds a lock for each upload that it works on, so that no other page takes it for an interrupted one.

/** Each upload has a key of its own: pages that change one value at the same time would undo each other's changes. */
const PREFIX = "coffer-upload/";
const keyOf = (userId, id) => `${PREFIX}${userId}/${id}`;

/** What `use` returns, or undefined where the browser keeps nothing: an upload is then lost with its page. */
function stored(use) {
  try {
    return use();
  } catch {
    return undefined;
  }
}

const keysOf = (userId) =>
  stored(() => Object.keys(localStorage).filter((key) => key.startsWith(keyOf(userId, "")))) ?? [];

/** @param {object} record `id` of the upload, `path`, `name`, `size`, `modified`, `description`, `mustBeNew` */
export function remember(userId, record) {
  stored(() => localStorage.setItem(keyOf(userId, record.id), JSON.stringify(record)));
}

export const forgetUpload = (userId, id) => stored(() => localStorage.removeItem(keyOf(userId, id)));
export const forgetUploads = (userId) => keysOf(userId).forEach((key) => localStorage.removeItem(key));

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
  const records = keysOf(userId).map((key) => stored(() => JSON.parse(localStorage.getItem(key)))).filter(Boolean);
  return records.filter(({ id }) => !names.has(lockName(id)));
}
