import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../lib/errors.ts';
import { systemCode } from '../lib/files/systemError.ts';
import { resolveTsx } from '../lib/files/tsx.ts';

/** Returns whether an argument of the command line names a TypeScript or JavaScript file. */
export function isModuleFile(word: string): boolean {
  return /\.[cm]?[jt]s$/.test(word);
}

/**
 * Imports the user's TypeScript or JavaScript file.
 *
 * Errors: a missing file; TypeScript without the package tsx; a syntax error; a missing import.
 *         Errors that the file itself throws are not changed.
 * @returns the exports of the file.
 */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  if (!existsSync(path)) throw new InputError(`${file}: no such file`);
  const isTypeScript = /ts$/.test(path);
  if (isTypeScript) resolveTsx(file);
  const unregister = isTypeScript ? await registerTypeScript() : undefined;
  try {
    return { ...((await import(pathToFileURL(path).href)) as Record<string, unknown>) };
  } catch (error) {
    if (!isUnloadable(error)) throw error;
    throw new InputError(`${file}: cannot be loaded: ${error.message}`, { cause: error });
  } finally {
    await unregister?.();
  }
}

/**
 * Whether `registerTypeScript` has registered its hook. Node cannot unregister a hook, and would
 * run it several times if it were registered several times.
 */
let isHooked = false;

/**
 * Enables Node to import TypeScript until the returned function is called. Modules that are already
 * loaded, including boxprop itself, are not loaded again. Every `.ts` file is loaded as an ES
 * module. Without a "type": "module" in package.json, the default would be CommonJS, which would
 * load a second copy of boxprop's classes.
 */
async function registerTypeScript(): Promise<() => Promise<void>> {
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

/**
 * Returns whether the file could not run at all, because of an error such as a syntax error or a
 * missing import.
 */
function isUnloadable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const missing = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(systemCode(error) ?? '');
  return missing || error.name === 'SyntaxError' || error.message.startsWith('Transform failed');
}
