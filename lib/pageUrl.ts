/** Returns the base URL of the page or the worker, or undefined in Node. */
export function pageUrl(): URL | undefined {
  const { document, location } = globalThis as {
    readonly document?: { readonly baseURI: string };
    readonly location?: { readonly href: string };
  };
  const href = document?.baseURI ?? location?.href;
  if (href === undefined) return undefined;
  const url = new URL(href);
  // The script of a worker may have a blob URL, which cannot be the base of relative URLs.
  return url.protocol === 'blob:' ? new URL(url.origin) : url;
}
