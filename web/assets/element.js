// Makes elements of the page.

/** @param {...(string | Node)} content strings become text, never markup */
export function element(tag, className = "", attributes = {}, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}
