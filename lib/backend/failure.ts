import { InputError } from '../errors.ts';
import type { BackendName } from './options.ts';

/** The package of a backend is not installed. */
export class MissingBackend extends InputError {}

export const INSTALL: Readonly<Record<Exclude<BackendName, 'float64'>, string>> = {
  cpu: 'npm install @tensorflow/tfjs-backend-cpu',
  wasm: 'npm install @tensorflow/tfjs-backend-wasm',
  tensorflow: 'npx boxprop setup tensorflow',
  'tensorflow-gpu': 'npx boxprop setup tensorflow --gpu',
  webgl: 'npm install @tensorflow/tfjs-backend-webgl',
  webgpu: 'npm install @tensorflow/tfjs-backend-webgpu',
};

/** The reason in one line, of whatever was thrown: tfjs throws plain objects too. */
export function reason(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error
      ? error.message
      : String(error);
  const [line] = String(message).trim().split(/\s*\n/);
  return line.replace(/\.$/, '');
}

/**
 * What to do with a failed import of a backend's package: an error of one line with the command that helps. For
 * `import(...).catch`, which tells a bundler that the package may be missing.
 *
 * @param specifier as imported, to tell a package that is missing from one that misses another.
 */
export function importFailed(
  name: Exclude<BackendName, 'float64'>,
  specifier: string,
  install = INSTALL[name],
): (error: unknown) => never {
  return (error) => {
    if (isMissing(error, specifier))
      throw new MissingBackend(`the backend ${name} is missing: ${install}`);
    throw new InputError(`the backend ${name} does not load here (${reason(error)}): ${install}`);
  };
}

function isMissing(error: unknown, specifier: string): boolean {
  if (!(error instanceof Error)) return false;
  // Node's words, then those of the browsers, where a bundler left the import of what is not installed.
  const words = /^(Cannot find (package|module)|Failed to resolve module|.*bare specifier)/;
  const names = [`'${specifier}'`, `"${specifier}"`, `“${specifier}”`];
  return words.test(error.message) && names.some((quoted) => error.message.includes(quoted));
}
