import { jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { useBackend as UseBackend } from '../../../lib/backend/useBackend.ts';
import { InputError } from '../../../lib/errors.ts';
import { mockMissing, mockPackage } from '../../support/mockPackage.ts';

/**
 * Tests the tensorflow backends with fake packages. `npm run test:tensorflow` tests the real one.
 */

const NODE = '@tensorflow/tfjs-node';
const GPU = '@tensorflow/tfjs-node-gpu';
const VARIABLES = [
  'TF_CPP_MIN_LOG_LEVEL',
  'TF_NUM_INTRAOP_THREADS',
  'TF_NUM_INTEROP_THREADS',
  'TF_ENABLE_ONEDNN_OPTS',
  'TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE',
  'TF_ONEDNN_USE_SYSTEM_ALLOCATOR',
] as const;

let useBackend: typeof UseBackend;
/** The values of VARIABLES at the time when the package was loaded. */
let seen: (string | undefined)[];

class FakeBackend extends tf.KernelBackend {
  readonly isGPUPackage: boolean;
  readonly isUsingGpuDevice: boolean;
  /** The heap of the wasm backend. */
  readonly wasm = { _malloc: () => 8, _free: () => {} };
  constructor(isGPUPackage = false, isUsingGpuDevice = false) {
    super();
    this.isGPUPackage = isGPUPackage;
    this.isUsingGpuDevice = isUsingGpuDevice;
  }
  override dispose() {}
}

/**
 * Replaces a package by a fake. Like the real one, its import registers the backend and switches to
 * it.
 */
function fake(name: string, isUsingGpuDevice = false): void {
  mockPackage(name, async () => {
    seen = VARIABLES.map((variable) => process.env[variable]);
    tf.registerBackend('tensorflow', () => new FakeBackend(name === GPU, isUsingGpuDevice), 3);
    await tf.setBackend('tensorflow');
    return {};
  });
}

function broken(name: string, error: unknown): void {
  mockPackage(name, () => {
    throw error;
  });
}

beforeEach(async () => {
  jest.resetModules();
  if (tf.findBackendFactory('tensorflow') !== null) tf.removeBackend('tensorflow');
  for (const variable of VARIABLES) delete process.env[variable];
  // The tested module must use the same tfjs-core as this file.
  jest.unstable_mockModule('@tensorflow/tfjs-core', () => tf);
  for (const name of ['cpu', 'wasm']) {
    mockPackage(`@tensorflow/tfjs-backend-${name}`, () => {
      if (tf.findBackendFactory(name) === null) tf.registerBackend(name, () => new FakeBackend());
      if (tf.getKernel('Identity', name) === undefined) {
        tf.registerKernel({ kernelName: 'Identity', backendName: name, kernelFunc: () => [] });
      }
      return { setThreadsCount: () => {}, getThreadsCount: () => 1 };
    });
  }
  fake(NODE);
  fake(GPU);
  ({ useBackend } = await import('../../../lib/backend/useBackend.ts'));
  await useBackend('cpu');
});

test('loads TensorFlow with the number of threads, with oneDNN, and without its log', async () => {
  expect(await useBackend('tensorflow', { threads: 3 })).toBe('tensorflow');
  expect(tf.getBackend()).toBe('tensorflow');
  expect(seen).toEqual(['2', '3', '3', '1', 'false', '1']);
  // The variables keep their values, because TensorFlow reads the last two only at its first
  // operations.
  expect(VARIABLES.map((variable) => process.env[variable])).toEqual(seen);
});

test("the user's environment variables do not change", async () => {
  process.env.TF_CPP_MIN_LOG_LEVEL = '0';
  process.env.TF_NUM_INTRAOP_THREADS = '1';
  process.env.TF_NUM_INTEROP_THREADS = '4';
  process.env.TF_ENABLE_ONEDNN_OPTS = '0';
  await useBackend('tensorflow');
  expect(seen).toEqual(['0', '1', '4', '0', 'false', '1']);
});

test('the number of threads cannot change after the start', async () => {
  await useBackend('tensorflow', { threads: 1 });
  await useBackend('cpu');
  await useBackend('tensorflow');
  await useBackend('tensorflow', { threads: 1 });
  await useBackend('cpu');
  await expect(useBackend('tensorflow', { threads: 2 })).rejects.toThrow(
    new InputError(
      'useBackend: expected threads to be 1, as when the backend tensorflow started, got 2',
    ),
  );
  expect(tf.getBackend()).toBe('cpu');
});

test('the default number of threads cannot change after the start', async () => {
  await useBackend('tensorflow');
  await expect(useBackend('tensorflow', { threads: 2 })).rejects.toThrow(
    new InputError(
      'useBackend: expected threads to be left out, as when the backend tensorflow started, got 2',
    ),
  );
});

test.each([
  ['tensorflow', 'tensorflow-gpu'],
  ['tensorflow-gpu', 'tensorflow'],
] as const)('after %s, %s is refused', async (first, second) => {
  await useBackend(first);
  await useBackend('cpu');
  await expect(useBackend(second)).rejects.toThrow(
    new InputError(`the backend ${first} is already loaded: start ${second} in another process`),
  );
  expect(tf.getBackend()).toBe('cpu');
  expect(await useBackend(first)).toBe(first);
});

test('tensorflow-gpu says when it computes on the CPU', async () => {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  await useBackend('tensorflow-gpu', { log });
  expect(lines).toEqual(['backend tensorflow-gpu: finds no GPU and computes on the CPU']);
  expect(await useBackend('auto', { log })).toBe('tensorflow-gpu');
  expect(lines[1]).toBe(
    'backend tensorflow-gpu: the fastest that starts here; it finds no GPU and computes on the CPU',
  );
});

test('tensorflow-gpu on a GPU says nothing', async () => {
  fake(GPU, true);
  const lines: string[] = [];
  await useBackend('tensorflow-gpu', { log: (line) => lines.push(line) });
  expect(lines).toEqual([]);
});

const ADDON = new Error(
  'The Node.js native addon module (tfjs_binding.node) can not be found at path: X. \nPlease run command',
);
const ADDON_LINE =
  'does not load here (The Node.js native addon module (tfjs_binding.node) can not be found at path: X)';

test('an addon that does not load gives one line with the command that repairs it', async () => {
  broken(NODE, ADDON);
  await expect(useBackend('tensorflow')).rejects.toThrow(
    new InputError(`the backend tensorflow ${ADDON_LINE}: npx boxprop setup tensorflow`),
  );
  expect(tf.getBackend()).toBe('cpu');
});

test('if a dependency of tfjs-node is missing, tfjs-node is not reported as missing', async () => {
  broken(NODE, new Error(`Cannot find module '@mapbox/node-pre-gyp'\nRequire stack:`));
  await expect(useBackend('tensorflow')).rejects.toThrow(
    new InputError(
      `the backend tensorflow does not load here (Cannot find module '@mapbox/node-pre-gyp'): npx boxprop setup tensorflow`,
    ),
  );
});

test('auto chooses the next, and gives the reason', async () => {
  mockMissing(GPU);
  broken(NODE, ADDON);
  mockMissing('webgpu');
  const lines: string[] = [];
  expect(await useBackend('auto', { log: (line) => lines.push(line) })).toBe('wasm');
  expect(lines).toEqual([
    `backend wasm: the fastest that starts here; it uses tfjs's kernels; tensorflow-gpu and webgpu are not installed; tensorflow ${ADDON_LINE}: npx boxprop setup tensorflow`,
  ]);
});

test('only the functions that Node 23 removed from util are restored', async () => {
  const { repairUtil } = await import('../../../lib/backend/tensorflow.ts');
  const isArray = () => 'its own';
  const util: Record<string, unknown> = { isArray };
  repairUtil(util);
  expect(util.isArray).toBe(isArray);
  const { isNullOrUndefined } = util as { isNullOrUndefined: (value: unknown) => boolean };
  expect([null, undefined, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false]);
  const bare: Record<string, unknown> = {};
  repairUtil(bare);
  expect(bare.isArray).toBe(Array.isArray);
});
