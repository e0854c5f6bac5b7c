import type { BackendOptions } from '../../../lib/backend/useBackend.ts';
import { ROOT } from '../../support/runCommand.ts';
import { swiftshader } from '../../support/swiftshader.ts';
import type { Trained } from '../../support/trainSteps.ts';
import { runProgram } from '../../support/runProgram.ts';

/**
 * Runs each backend in its own process, checks its effects on the process, and expects the process
 * to end by itself.
 */

const SWIFTSHADER = swiftshader();

function run(env: Record<string, string>, ...args: string[]) {
  const { status, stdout, stderr } = runProgram(
    process.execPath,
    ['--conditions=boxprop-source', '--import', 'tsx', ...args],
    { cwd: ROOT, env: { ...process.env, ...env }, timeout: 50_000 },
  );
  return { status, stdout, stderr };
}

const PROGRAM = 'spec/support/trainSteps.ts';

function train(
  network: 'lenet' | 'small',
  backend: string,
  options: BackendOptions = {},
  env: Record<string, string> = {},
): Trained {
  const { status, stdout, stderr } = run(env, PROGRAM, network, backend, JSON.stringify(options));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Trained;
}

describe('wasm with threads, in Node,', () => {
  test('trains to the same bits as without threads, and leaves nothing behind', () => {
    const one = train('lenet', 'wasm');
    expect(one.losses[2]).toBeLessThan(one.losses[0]);
    expect(train('lenet', 'wasm', { threads: 2 })).toEqual(one);
    // Emscripten's listeners and its global `Worker` are gone.
    expect(one).toMatchObject({
      backend: 'wasm',
      lines: ['backend wasm: uses own kernels in relaxed SIMD'],
      listeners: 0,
      globals: [],
    });
  });

  test('has at most eight threads', () => {
    expect(train('small', 'wasm', { threads: 9 }).lines).toEqual([
      'backend wasm: has 8 of 9 threads here, uses own kernels in relaxed SIMD',
    ]);
  });
});

const withGpu = SWIFTSHADER ? test : test.skip;
const because = SWIFTSHADER
  ? ''
  : " (skipped: Debian's chromium, which brings SwiftShader, is not installed)";

describe('webgpu in Node', () => {
  const dawn = ['backend=vulkan'];

  withGpu(`trains as wasm does, and says that its GPU is software${because}`, () => {
    const trained = train('small', 'webgpu', { dawn }, SWIFTSHADER);
    expect(trained.backend).toBe('webgpu');
    expect(trained.lines).toEqual([
      expect.stringMatching(/^backend webgpu: computes on SwiftShader .*, a GPU in software$/),
    ]);
    const { losses, weights } = train('small', 'wasm');
    trained.losses.forEach((loss, i) => expect(loss).toBeCloseTo(losses[i], 4));
    trained.weights.forEach((weight, i) => expect(weight).toBeCloseTo(weights[i], 4));
    expect(trained.globals).not.toContain('navigator');
  });

  withGpu(`is refused on a GPU in software where auto asks for hardware${because}`, () => {
    const code = `
      const { startWebgpu } = await import('./lib/backend/webgpu.ts');
      await startWebgpu(${JSON.stringify({ dawn })}, true).catch(({ message }) => console.log(message));`;
    const { status, stdout, stderr } = run(
      SWIFTSHADER ?? {},
      '--input-type=module',
      '--eval',
      code,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^the backend webgpu finds only SwiftShader .* here, a GPU in software\n$/,
    );
  });

  test('an option that Dawn does not know gives a one-line error', () => {
    const options = JSON.stringify({ dawn: ['backend=nonsense'] });
    const { status, stderr } = run({}, PROGRAM, 'small', 'webgpu', options);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /InputError: the backend webgpu finds no GPU here: unrecognised backend 'nonsense'\n/,
    );
  });
});
