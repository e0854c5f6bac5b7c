import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../lib/errors.ts';
import { systemCode } from '../lib/files/systemError.ts';

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
  const unregister = /ts$/.test(path) ? await readTypeScript() : undefined;
  try {
    return { ...((await import(pathToFileURL(path).href)) as Record<string, unknown>) };
  } catch (error) {
    if (!isUnloadable(error)) throw error;
    const problem = error.message.replace(/\s*\n\s*/g, ' ');
    throw new InputError(`${file}: cannot be loaded: ${problem}`, { cause: error });
  } finally {
    await unregister?.();
  }
}

/** Node takes a hook for all the rest of the process, and as often as it is given. */
let isHooked = false;

/**
 * Lets Node import TypeScript, until the function that it resolves to is called; what is loaded already, boxprop itself,
 * stays the same modules. All TypeScript is ES modules here: as CommonJS, which a `.ts` is by default where package.json
 * has no "type": "module", it would get boxprop's classes a second time.
 */
async function readTypeScript(): Promise<() => Promise<void>> {
  const tsx = await import('tsx/esm/api');
  const unregister = tsx.register();
  const hooks = `
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context);
      return found.format === 'commonjs' && /\\.ts(\\?|$)/.test(found.url) ? { ...found, format: 'module' } : found;
    }`;
  if (!isHooked) register(`data:text/javascript,${encodeURIComponent(hooks)}`);
  isHooked = true;
  return unregister;
}

/** Whether the file never ran: a mistake in its syntax, told by the compiler or by Node, or a missing import. */
function isUnloadable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const missing = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(systemCode(error) ?? '');
  return missing || error.name === 'SyntaxError' || error.message.startsWith('Transform failed');
}
