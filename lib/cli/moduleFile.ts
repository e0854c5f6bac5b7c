import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../errors.ts';
import { systemCode } from '../io/systemError.ts';

/** Whether a word of the command line names a TypeScript or JavaScript file. */
export function isModuleFile(word: string): boolean {
  return /\.[cm]?[jt]s$/.test(word);
}

/**
 * What a TypeScript or JavaScript file exports. Errors: no such file, one with a mistake in its syntax, one that imports what
 * is not there; and those that the file throws, which are its own.
 */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  if (!existsSync(path)) throw new InputError(`${file}: no such file`);
  const { register } = await import('tsx/esm/api');
  // For this one import: what is loaded already, boxprop itself, stays the same modules.
  const unregister = register();
  try {
    return { ...((await import(pathToFileURL(path).href)) as Record<string, unknown>) };
  } catch (error) {
    if (!isUnloadable(error)) throw error;
    const problem = error.message.replace(/\s*\n\s*/g, ' ');
    throw new InputError(`${file}: cannot be loaded: ${problem}`, { cause: error });
  } finally {
    await unregister();
  }
}

/** Whether the file never ran: a mistake in its syntax, told by the compiler or by Node, or a missing import. */
function isUnloadable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const missing = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(systemCode(error) ?? '');
  return missing || error.name === 'SyntaxError' || error.message.startsWith('Transform failed');
}
