// The pages for admins.
const PAGES = {
  files: async (context, ...rest) => (await import("./admin-files.js")).showAllFiles(context, ...rest),
  people: async (context) => (await import("./admin-people.js")).showPeople(context),
  audit: async (context, ...rest) => (await import("./admin-audit.js")).showAudit(context, ...rest),
  state: async (context) => (await import("./admin-state.js")).showState(context),
};

/** @param {string} page a key of PAGES; what follows in the address is what the page filters by at first */
export const showAdmin = (context, page, ...rest) => (PAGES[page] ?? PAGES.files)(context, ...rest);
