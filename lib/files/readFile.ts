import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.ts';
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

/** Reads a file as UTF-8. Errors: those of `readBytes`. */
export async function readText(file: string): Promise<string> {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readBytes(file));
}
