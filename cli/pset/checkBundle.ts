import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../manifest.ts';

/**
 * Returns the text of the checker as a single file, without problem sets. The build has made it for
 * the installed package. In a clone of the repository it is made now.
 */
export async function checkBundle(): Promise<string> {
  const built = join(packageRoot(), 'dist', 'psets', 'check.mjs');
  if (existsSync(built)) return readFile(built, 'utf8');
  const script = pathToFileURL(join(packageRoot(), 'scripts', 'bundleCheck.mjs')).href;
  const { bundleCheck } = (await import(script)) as { bundleCheck: () => Promise<string> };
  return bundleCheck();
}
