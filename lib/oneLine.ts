/** The largest length of an error message, in characters. */
const LONGEST = 1000;

/**
 * The number of characters that are kept at the end of a longer message, because the end often says
 * what to do.
 */
const TAIL = 300;

/**
 * Converts any text to one short line for an error message: line breaks and other control
 * characters become spaces, and the middle of a text of more than 1000 characters is left out.
 *
 * The text may come from an untrusted file, so the time must be linear in the length of the text.
 * Therefore the text is shortened first, and the regular expressions cannot backtrack.
 *
 *     oneLine('expected JSON:\n  got "{"'); // 'expected JSON: got "{"'
 */
export function oneLine(text: string): string {
  return shorten(text.trim(), LONGEST, TAIL)
    .split(CONTROL)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ');
}

/** Control characters, which include line breaks, and Unicode's line and paragraph separators. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/**
 * Leaves out the middle of a text that is longer than `longest`, and keeps `tail` characters at its
 * end.
 *
 *     shorten('abcdefghij', 8, 2); // 'abc...ij'
 */
export function shorten(text: string, longest: number, tail = 0): string {
  if (text.length <= longest) return text;
  const head = longest - tail - '...'.length;
  return `${text.slice(0, head)}...${text.slice(text.length - tail)}`;
}
