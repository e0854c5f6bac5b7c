/**
 * Recognizes a file whose real content was never downloaded: it holds a pointer of Git LFS or a
 * page of a web site instead. The first 64 bytes of the file are enough.
 *
 * @returns the end of an error message, which says what the file is and what to do; undefined for
 *   any other file.
 *
 *     notFetched(bytes);   // 'a pointer of Git LFS: fetch the file with `git lfs pull`'
 */
export function notFetched(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  if (start.startsWith('version https://git-lfs')) {
    return 'a pointer of Git LFS: fetch the file with `git lfs pull`';
  }
  // A byte order mark and empty lines may come first.
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)/i.test(start)) {
    return 'an HTML page: download the file itself';
  }
  return undefined;
}
