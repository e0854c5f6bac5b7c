import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { withRegularFile } from './regularFile.ts';
import { systemProblem } from './systemError.ts';

/**
 * Reads a file.
 *
 * Errors: `train.bin: cannot be read: ENOENT: no such file or directory`.
 */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  }
}

/**
 * Checks that the bytes of a file are UTF-8 text. Returns them without the byte order mark.
 *
 * Errors: another encoding, with the line of the first invalid byte:
 *
 *     train.csv: line 2: expected UTF-8, got the byte 0xe4; save the file as UTF-8
 *
 * A zero byte is an error too, because it occurs in UTF-16 and in binary files but not in text.
 */
export function checkUtf8(file: string, bytes: Uint8Array): Uint8Array {
  const starts = (...mark: number[]) => mark.every((byte, i) => bytes[i] === byte);
  const fail = (place: string, got: string) =>
    new InputError(`${file}: ${place}expected UTF-8, got ${got}; save the file as UTF-8`);
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff)) throw fail('', 'UTF-16');
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    throw fail(`line ${lineOf(bytes, zero)}: `, 'the byte 0x00 of UTF-16 or of a binary file');
  }
  if (!isUtf8(bytes)) {
    const wrong = firstInvalid(bytes);
    throw fail(`line ${lineOf(bytes, wrong)}: `, `the byte 0x${bytes[wrong].toString(16)}`);
  }
  return starts(0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes;
}

/**
 * Reads UTF-8 text. The file may also be a pipe or a device. A device such as `/dev/zero` never
 * ends, so reading stops where the text becomes longer than a string can be.
 *
 * Errors: those of `readBytes` and `checkUtf8`; more text than a string can hold.
 */
export async function readText(file: string): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of createReadStream(file) as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > LONGEST_STRING) break;
      parts.push(part);
    }
  } catch (error) {
    throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  }
  if (length > LONGEST_STRING) {
    throw new InputError(`${file}: expected at most 512 MiB of text, got more`);
  }
  return textOf(file, checkUtf8(file, Buffer.concat(parts)));
}

/**
 * Reads UTF-8 text from a folder that may come from somebody else. Only a regular file is read,
 * because a pipe without a writer would block for ever. The last character may be incomplete if the
 * machine stopped while it wrote the file; it then becomes U+FFFD.
 *
 * Errors: those of `withRegularFile`; more text than a string can hold.
 */
export async function readRegularText(file: string): Promise<string> {
  return textOf(file, await withRegularFile(file, ({ read }) => read()));
}

function textOf(file: string, bytes: Uint8Array): string {
  if (bytes.length > LONGEST_STRING) {
    throw new InputError(`${file}: expected at most 512 MiB of text, got ${bytes.length} bytes`);
  }
  return new TextDecoder('utf-8').decode(bytes);
}

/** The largest number of characters in a string of V8. */
const LONGEST_STRING = 2 ** 29 - 24;

/**
 * Returns the index of the first byte that is not UTF-8, by bisection over the length of the valid
 * prefix.
 */
function firstInvalid(bytes: Uint8Array): number {
  // A prefix may end in the middle of a character, which has up to four bytes. So a prefix counts
  // as valid if it is valid without its last 0, 1, 2 or 3 bytes.
  const isValid = (end: number) =>
    [0, 1, 2, 3].some((less) => less <= end && isUtf8(bytes.subarray(0, end - less)));
  let [valid, invalid] = [0, bytes.length];
  while (invalid - valid > 1) {
    const middle = Math.floor((valid + invalid) / 2);
    if (isValid(middle)) valid = middle;
    else invalid = middle;
  }
  while (!isUtf8(bytes.subarray(0, valid))) valid--;
  return valid;
}

/** Returns the line that contains a byte, counted from 1. */
function lineOf(bytes: Uint8Array, end: number): number {
  let line = 1;
  for (let at = bytes.indexOf(0x0a); at >= 0 && at < end; at = bytes.indexOf(0x0a, at + 1)) line++;
  return line;
}
