import { engine, findBackend, getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import { InputError, show } from './errors.ts';

/** `'float64'` is the double-precision reference of the gradient checker: exact, and slow. */
export type BackendName = 'cpu' | 'wasm' | 'tensorflow' | 'tensorflow-gpu' | 'webgl' | 'webgpu' | 'float64';

/** Not a literal: a bundler for the browser would look for it. */
const TFJS_NODE: string = '@tensorflow/tfjs-node';

const LOADERS: Record<BackendName, () => Promise<unknown>> = {
  cpu: async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    // It advertises tfjs-node at its first use; whoever asks for cpu has chosen.
    Object.assign(findBackend('cpu'), { firstUse: false });
  },
  wasm: () => import('@tensorflow/tfjs-backend-wasm'),
  tensorflow: () => import(TFJS_NODE),
  'tensorflow-gpu': () => import(`${TFJS_NODE}-gpu`),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  float64: async () => (await import('../gradcheck/float64/index.ts')).registerFloat64(),
};

/** What `'auto'` takes: the first that is installed. */
const PREFERRED: readonly BackendName[] = ['wasm', 'cpu'];

/**
 * Loads a tfjs backend and makes it the one that tensors are computed on from here on; resolves to its name. A backend
 * is a package of its own that the user installs; one that is missing is an error with the command that installs it.
 */
export async function useBackend(name: BackendName | 'auto' = 'auto'): Promise<BackendName> {
  if (name === 'auto') return useFirst(PREFERRED);
  if (!Object.hasOwn(LOADERS, name)) {
    const known = ['auto', ...Object.keys(LOADERS)].join(', ');
    throw new InputError(`expected a backend out of ${known}, got ${show(name)}`);
  }
  const registered = name === 'tensorflow-gpu' ? 'tensorflow' : name;
  if (findBackend(registered) === null) await load(name);
  if (!(await setBackend(registered)))
    throw new InputError(`the backend ${name} is installed but does not start here`);
  await ready();
  return name;
}

/** Runs `body` on a backend, then goes back to the one in use before. */
export async function withBackend<T>(name: BackendName, body: () => T | Promise<T>): Promise<T> {
  const before = engine().backendName === undefined ? undefined : getBackend();
  await useBackend(name);
  try {
    return await body();
  } finally {
    if (before !== undefined && before !== name) await setBackend(before);
  }
}

async function useFirst(names: readonly BackendName[]): Promise<BackendName> {
  for (const name of names) {
    try {
      return await useBackend(name);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  throw new InputError(
    `expected one of the backends ${names.join(', ')}: npm install @tensorflow/tfjs-backend-wasm`,
  );
}

async function load(name: BackendName): Promise<void> {
  try {
    await LOADERS[name]();
  } catch (error) {
    if (isMissing(error))
      throw new InputError(`the backend ${name} is missing: npm install @tensorflow/tfjs-backend-${name}`);
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
