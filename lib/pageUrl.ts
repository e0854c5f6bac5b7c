/**
 * Returns the URL to which relative URLs of a page or a worker are relative; undefined in Node.
 */
export function pageUrl(): URL | undefined {
  const { document, location } = globalThis as {
    readonly document?: { readonly baseURI: string };
    readonly location?: { readonly href: string };
  };
  const href = document?.baseURI ?? location?.href;
  if (href === undefined) return undefined;
  const url = new URL(href);
  // Nothing is relative to a blob, from which a worker may come.
  return url.protocol === 'blob:' ? new URL(url.origin) : url;
}
