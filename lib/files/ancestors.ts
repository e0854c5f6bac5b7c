import { dirname } from 'node:path';

/** Returns a folder and the folders above it, the innermost first. */
export function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
