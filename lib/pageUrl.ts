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
  // The script of a worker may have a blob URL, to which no URL can be relative.
  return url.protocol === 'blob:' ? new URL(url.origin) : url;
}
