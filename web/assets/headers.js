// Header values. XMLHttpRequest accepts only Latin-1, so other text is encoded as in RFC 8187.

const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/** `UTF-8''caf%C3%A9`: the ext-value of RFC 8187 section 3.2.1. */
function extended(text) {
  const escaped = encodeURIComponent(text)
    .replace(/[*'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `UTF-8''${escaped}`;
}

/**
 * The text as a header value that the server decodes to the same text. Plain ASCII stays as it is, except where
 * HTTP would trim a space at an end, or where the text itself could be taken for the extended form.
 */
export function headerValue(text) {
  return PLAIN.test(text) && !text.includes("''") ? text : extended(text);
}
