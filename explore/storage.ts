/** Reads a text that the reader's browser has stored in an earlier visit, if it has. */
export function kept(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    // The reader's browser does not allow storage.
    return undefined;
  }
}

/** Stores a text in the reader's browser. */
export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage, the text is kept only until the page is closed.
  }
}
