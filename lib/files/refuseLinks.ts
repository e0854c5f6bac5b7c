import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { InputError, show } from '../errors.ts';

/**
 * Throws if a file that will be written to a folder exists already as a link that leads out of the
 * folder, or as neither a file nor a folder. The folder may come from somebody else, and writing
 * through such a link would overwrite a file of the user.
 *
 * Errors: `runs/a/report.html: expected a file in its folder, got a link to /home/ann/notes.txt;
 *         delete the link`.
 */
export async function refuseLinks(folder: string, names: readonly string[]): Promise<void> {
  const own = await realpath(folder).catch(() => undefined);
  // A folder that does not exist contains no links.
  if (own === undefined) return;
  for (const name of names) {
    const file = join(folder, name);
    const found = await lstat(file).catch(() => undefined);
    if (found === undefined || found.isFile() || found.isDirectory()) continue;
    if (!found.isSymbolicLink())
      throw new InputError(`${file}: expected a file, got a device or a pipe`);
    const target = await realpath(file).catch(() => undefined);
    if (target?.startsWith(`${own}${sep}`)) continue;
    const got = target === undefined ? 'a link to nothing' : `a link to ${show(target)}`;
    throw new InputError(`${file}: expected a file in its folder, got ${got}; delete the link`);
  }
}
