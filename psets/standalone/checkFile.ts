import { brotliCompressSync } from 'node:zlib';
import type { Recording } from '../recorded/recording.ts';
import { writeValue } from '../recorded/valueText.ts';

/**
 * Appends recordings to the bundled checker. They stand in its last line, as a comment.
 *
 * @param bundle the text that `scripts/bundleCheck.mjs` makes.
 */
export function checkFile(bundle: string, recordings: readonly Recording[]): string {
  const data = brotliCompressSync(writeValue(recordings)).toString('base64');
  return `${bundle.trimEnd()}\n//${data}\n`;
}
