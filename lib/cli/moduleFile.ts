import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../errors.ts';

/** Whether a word of the command line names a TypeScript or JavaScript file. */
export function isModuleFile(word: string): boolean {
  return /\.[cm]?[jt]s$/.test(word);
}

/** What a TypeScript or JavaScript file exports. Errors: no such file, and those of the file itself. */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  if (!existsSync(path)) throw new InputError(`${file}: no such file`);
  const { register } = await import('tsx/esm/api');
  // For this one import: what is loaded already, boxprop itself, stays the same modules.
  const unregister = register();
  try {
    return { ...((await import(pathToFileURL(path).href)) as Record<string, unknown>) };
  } finally {
    await unregister();
  }
}
