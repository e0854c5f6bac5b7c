import { firstThatStarts, ORDER } from '../../../lib/backend/auto.ts';
import { MissingBackend } from '../../../lib/backend/failure.ts';
import type { BackendName } from '../../../lib/backend/options.ts';
import { InputError } from '../../../lib/errors.ts';

const missing = (name: string) =>
  new MissingBackend(`the backend ${name} is not installed: install it`);
const NOT_LOADED = new InputError(
  'the backend tensorflow does not load here (no addon): repair it',
);
const NO_GPU = new InputError('the backend webgpu finds no GPU here');

/**
 * A fake machine. Each backend starts, starts with a note, or fails with the given error. A backend
 * that is not listed is not installed.
 */
function machine(backends: Partial<Record<BackendName, Error | string>>) {
  const asked: BackendName[] = [];
  const attempt = (name: BackendName) => {
    asked.push(name);
    const outcome = name in backends ? backends[name] : missing(name);
    return outcome instanceof Error
      ? Promise.reject(outcome)
      : Promise.resolve(outcome || undefined);
  };
  return { asked, attempt };
}

test('from the fastest to the slowest', () => {
  expect(ORDER).toEqual({
    node: ['tensorflow-gpu', 'tensorflow', 'webgpu', 'wasm', 'cpu'],
    browser: ['webgpu', 'webgl', 'wasm', 'cpu'],
  });
});

test.each<[string, Partial<Record<BackendName, Error | string>>, BackendName, string]>([
  ['all are there', { 'tensorflow-gpu': '', tensorflow: '' }, 'tensorflow-gpu', ''],
  [
    'one is missing',
    { tensorflow: '', wasm: '' },
    'tensorflow',
    '; tensorflow-gpu is not installed',
  ],
  [
    'three are missing',
    { wasm: '' },
    'wasm',
    '; tensorflow-gpu, tensorflow and webgpu are not installed',
  ],
  [
    'one is missing and others do not start',
    { tensorflow: NOT_LOADED, webgpu: NO_GPU, wasm: '', cpu: '' },
    'wasm',
    '; tensorflow-gpu is not installed; tensorflow does not load here (no addon): repair it; webgpu finds no GPU here',
  ],
  [
    'the one that starts is less than its name says',
    { 'tensorflow-gpu': 'finds no GPU and computes on the CPU', tensorflow: '' },
    'tensorflow-gpu',
    '; it finds no GPU and computes on the CPU',
  ],
])('%s', async (_, backends, name, rest) => {
  const { asked, attempt } = machine(backends);
  expect(await firstThatStarts(ORDER.node, attempt)).toEqual({
    name,
    line: `backend ${name}: the fastest that starts here${rest}`,
  });
  // It tries no slower backend.
  expect(asked).toEqual(ORDER.node.slice(0, ORDER.node.indexOf(name) + 1));
});

test('no backend starts', async () => {
  const { attempt } = machine({ tensorflow: NOT_LOADED });
  await expect(firstThatStarts(['tensorflow', 'wasm', 'cpu'], attempt)).rejects.toThrow(
    new InputError(
      'no backend starts here: wasm and cpu are not installed; tensorflow does not load here (no addon): repair it: ' +
        'npm install @tensorflow/tfjs-backend-wasm',
    ),
  );
});

test('a bug is thrown', async () => {
  const { asked, attempt } = machine({ tensorflow: new TypeError('a bug'), wasm: '' });
  await expect(firstThatStarts(['tensorflow', 'wasm'], attempt)).rejects.toThrow(
    new TypeError('a bug'),
  );
  expect(asked).toEqual(['tensorflow']);
});
