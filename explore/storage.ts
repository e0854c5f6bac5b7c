/** Reads what the reader's browser has kept from an earlier visit. */
export function kept(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    // The reader has switched storage off.
    return undefined;
  }
}

/** Keeps a text in the reader's browser. */
export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The text stays in the page until it is closed.
  }
}
