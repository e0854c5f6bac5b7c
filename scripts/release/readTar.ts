/** The size of a block of a tar archive, in bytes. */
const BLOCK = 512;

/**
 * Reads the regular files of a tarball that `npm pack` has made, without the folder `package` of
 * their paths. A header is one block: the path in bytes 0 to 99, the size in octal digits from byte
 * 124, the type at 156, and the first part of a long path from byte 345.
 *
 * Errors: an archive that ends early.
 * Source: POSIX.1-1988, ustar.
 */
export function readTar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let position = 0;
  while (position + BLOCK <= archive.length) {
    const header = archive.subarray(position, position + BLOCK);
    // The archive ends with blocks of zeros.
    if (header.every((byte) => byte === 0)) break;
    const size = parseInt(text(header, 124, 12), 8);
    const start = position + BLOCK;
    if (start + size > archive.length) {
      throw new Error(`tar: expected ${size} bytes at ${start}, got ${archive.length - start}`);
    }
    const isFile = ['0', ''].includes(text(header, 156, 1));
    const path = [text(header, 345, 155), text(header, 0, 100)].filter(Boolean).join('/');
    if (isFile) files.set(path.replace(/^package\//, ''), archive.subarray(start, start + size));
    position = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** A field of a header, which ends at its first zero byte. */
function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}
