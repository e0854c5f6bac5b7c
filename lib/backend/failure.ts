import { InputError } from '../errors.ts';
import type { BackendName } from './options.ts';

/** Reports that the package of a backend is not installed. */
export class MissingBackend extends InputError {}

/** The command that installs each backend. */
export const INSTALL: Readonly<Record<Exclude<BackendName, 'float64'>, string>> = {
  cpu: 'npm install @tensorflow/tfjs-backend-cpu',
  wasm: 'npm install @tensorflow/tfjs-backend-wasm',
  tensorflow: 'npx boxprop setup tensorflow',
  'tensorflow-gpu': 'npx boxprop setup tensorflow --gpu',
  webgl: 'npm install @tensorflow/tfjs-backend-webgl',
  webgpu: 'npm install @tensorflow/tfjs-backend-webgpu',
};

/**
 * Returns the message of a thrown value, on one line. The value need not be an Error, because tfjs
 * also throws plain objects.
 */
export function reason(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error
      ? error.message
      : String(error);
  const [line] = String(message).trim().split('\n', 1);
  return line.trimEnd().replace(/\.$/, '');
}

/**
 * Returns the error for a failed import of a backend's package. It is one line, and names the
 * command that installs the package. The `import` must be in a `try` block. From this block, a
 * bundler such as webpack concludes that the package is optional, and builds without it if it is
 * missing.
 *
 *     try {
 *       await import('@tensorflow/tfjs-backend-cpu');
 *     } catch (error) {
 *       throw importFailure(error, 'cpu', '@tensorflow/tfjs-backend-cpu');
 *     }
 *
 * @param specifier the imported specifier. It is used to distinguish a missing package from a
 *   package that fails because one of its own dependencies is missing.
 */
export function importFailure(
  error: unknown,
  name: Exclude<BackendName, 'float64'>,
  specifier: string,
  install = INSTALL[name],
): InputError {
  return isMissing(error, specifier)
    ? new MissingBackend(`the backend ${name} is not installed: ${install}`)
    : new InputError(`the backend ${name} does not load here (${reason(error)}): ${install}`);
}

function isMissing(error: unknown, specifier: string): boolean {
  if (!(error instanceof Error)) return false;
  // The first alternative matches the message of Node and webpack, the second that of Vite. The
  // others match those of browsers, which appear if a bundler has left the import unchanged.
  const words =
    /^(Cannot find (package|module)|Could not resolve|Failed to resolve module|.*bare specifier)/;
  const names = [`'${specifier}'`, `"${specifier}"`, `“${specifier}”`];
  return words.test(error.message) && names.some((quoted) => error.message.includes(quoted));
}
