import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { reason } from '../lib/backend/failure.ts';
import { InputError } from '../lib/errors.ts';

/** Returns whether the bytes are those of a gzip file. The name of the file is not used. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The largest number of bytes after decompression. It is also the limit for a file that is not
 * compressed.
 */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * `lengthOf` gets this number of bytes from the start of the data, and must find the length in
 * them.
 */
const START = 2048;

/**
 * Decompresses gzip data, up to the length that is stated in the header of the decompressed data.
 * Without a limit, a file of two megabytes could expand to two gigabytes of zeros.
 *
 * Errors: `train-images-idx3-ubyte.gz: cannot be unzipped: unexpected end of
 *         file`; more bytes than `lengthOf` returns, or more than 2 GiB; those of `lengthOf`.
 * @param name the name of the file, for messages.
 * @param lengthOf returns the number of bytes after decompression. It gets the first 2048 of these
 *   bytes.
 */
export async function gunzip(
  bytes: Uint8Array,
  name: string,
  lengthOf: (start: Uint8Array) => number,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let [length, most] = [0, Infinity];
  const unzipped: AsyncIterable<Buffer> = Readable.from([bytes]).pipe(createGunzip());
  try {
    for await (const chunk of unzipped) {
      chunks.push(chunk);
      length += chunk.length;
      if (most === Infinity && length >= START) {
        most = Math.min(lengthOf(Buffer.concat(chunks)), MAX_BYTES);
      }
      if (length > most) {
        throw new InputError(`${name}: expected ${most} bytes when it is unzipped, got more`);
      }
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${name}: cannot be unzipped: ${reason(error)}`, { cause: error });
  }
  return Buffer.concat(chunks, length);
}
