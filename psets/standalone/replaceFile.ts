import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file at once, so that a reader sees the old or the new text. A link or a folder at its
 * place is removed and not followed, because a submission may have put it there.
 */
export function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${randomUUID()}`;
  writeFileSync(temporary, text, { flag: 'wx' });
  try {
    renameSync(temporary, file);
  } catch {
    rmSync(file, { recursive: true, force: true });
    renameSync(temporary, file);
  }
}
