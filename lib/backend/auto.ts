import { InputError } from '../errors.ts';
import { MissingBackend, reason } from './failure.ts';
import type { BackendName } from './options.ts';

/** The backends that `'auto'` tries, from the fastest to the slowest. */
export const ORDER: Readonly<Record<'node' | 'browser', readonly BackendName[]>> = {
  node: ['tensorflow-gpu', 'tensorflow', 'webgpu', 'wasm', 'cpu'],
  browser: ['webgpu', 'webgl', 'wasm', 'cpu'],
};

/**
 * Starts the first backend of a list that can start. Resolves to its name and one line, which says
 * why it was chosen and why the backends before it were not:
 *
 *     backend wasm: the fastest that starts here; it uses own kernels in plain SIMD; ...
 *
 * Errors: no backend starts. An error that is not an `InputError` is a bug, and is thrown.
 *
 * @param attempt starts a backend, and resolves to a note for the user, if there is one.
 */
export async function firstThatStarts(
  names: readonly BackendName[],
  attempt: (name: BackendName) => Promise<string | undefined>,
): Promise<{ name: BackendName; line: string }> {
  const missing: string[] = [];
  const failures: string[] = [];
  const others = () => {
    const verb = missing.length === 1 ? 'is' : 'are';
    return [
      ...(missing.length > 0 ? [`${listed(missing)} ${verb} not installed`] : []),
      ...failures,
    ];
  };
  for (const name of names) {
    try {
      const note = await attempt(name);
      const best = ['the fastest that starts here', ...(note === undefined ? [] : [`it ${note}`])];
      return { name, line: `backend ${name}: ${[...best, ...others()].join('; ')}` };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (error instanceof MissingBackend) missing.push(name);
      else failures.push(reason(error).replace(/^the backend /, ''));
    }
  }
  throw new InputError(
    `no backend starts here: ${others().join('; ')}: npm install @tensorflow/tfjs-backend-wasm`,
  );
}

/** Formats a list as `a, b and c`. */
function listed(names: readonly string[]): string {
  return names.join(', ').replace(/, ([^,]+)$/, ' and $1');
}
