import { fstatSync, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { InputError } from '../errors.ts';

/** The content of a file, as a whole or in parts. */
export type FileData = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes to a path that does not lead to an ordinary file: a device such as `/dev/null`, a pipe, or
 * this process's own standard output or error, even if that is redirected to a file. The data is
 * written to the existing target, which is not replaced.
 *
 * Errors: those of the system; a block device, such as a disk; a socket.
 * @returns false for a file, a folder, and a name that does not exist; in these cases nothing is
 *   written.
 */
export async function writeThrough(file: string, data: FileData): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return false;
  const stream = ownStream(found);
  if (stream === undefined) {
    if (found.isFile() || found.isDirectory()) return false;
    if (!found.isCharacterDevice() && !found.isFIFO()) {
      const kind = found.isSocket() ? 'a socket' : 'the device of a disk';
      throw new InputError(`${file}: cannot be written: expected a file, got ${kind}`);
    }
    const handle = await open(file, 'w');
    try {
      for await (const part of partsOf(data)) await handle.writeFile(part);
    } finally {
      await handle.close();
    }
    return true;
  }
  for await (const part of partsOf(data)) await writeTo(stream, part);
  return true;
}

/** Returns the content of a file in parts. */
export function partsOf(data: FileData): Iterable<Uint8Array | string> | AsyncIterable<Uint8Array> {
  return typeof data === 'string' || data instanceof Uint8Array ? [data] : data;
}

/** Returns standard output or standard error if the file is one of them, else undefined. */
function ownStream({ dev, ino }: Stats): Writable | undefined {
  const streams = [process.stdout, process.stderr];
  // On Windows, the inode number of a pipe is 0.
  if (ino === 0) return undefined;
  return streams.find((_, k) => {
    const own = fstatSync(k + 1);
    return own.dev === dev && own.ino === ino;
  });
}

function writeTo(stream: Writable, part: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(part, (error) => (error ? reject(error) : resolve()));
  });
}
