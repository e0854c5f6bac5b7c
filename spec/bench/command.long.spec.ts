import type { Result } from '../../bench/measure.ts';
import { ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

describe('npm run bench', () => {
  const bench = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runProgram(
      process.execPath,
      ['--conditions=boxprop-source', '--import', 'tsx', 'bench/bench.ts', ...args],
      {
        cwd: ROOT,
        env: { ...process.env, ...env },
      },
    );
  const tiny = ['--network', 'lenet', '--batch', '4', '--steps', '1', '--rounds', '1'];

  test('measures boxprop on each backend: the same losses, no leak, and JSON', () => {
    const { status, stdout, stderr } = bench([
      ...tiny,
      '--backend',
      'cpu,wasm',
      '--peers',
      'none',
      '--threads',
      '1,2',
      '--json',
      '-',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { machine, results, missing } = JSON.parse(stdout) as {
      machine: string;
      results: Result[];
      missing: unknown[];
    };
    expect(machine).toMatch(/^\d+ x .*, Node v/);
    expect(missing).toEqual([]);
    expect(results.map(({ system, backend, threads }) => [system, backend, threads])).toEqual([
      ['boxprop', 'cpu', undefined],
      ['boxprop', 'wasm', 1],
      ['boxprop', 'wasm', 2],
    ]);
    for (const [i, result] of results.entries()) {
      expect(result).toMatchObject({
        network: 'lenet',
        batch: 4,
        side: 28,
        live_tensors: [18, 18],
      });
      const {
        step_ms,
        forward_ms = NaN,
        backward_ms = NaN,
        update_ms = NaN,
        peak_mb = NaN,
        cpu_ms = NaN,
        min_cpu_ms = NaN,
      } = result;
      for (const number of [forward_ms, backward_ms, update_ms, peak_mb, cpu_ms, min_cpu_ms])
        expect(number).toBeGreaterThan(0);
      expect(forward_ms + backward_ms + update_ms).toBeCloseTo(step_ms, 6);
      expect(result.ratio).toBe(step_ms / results[i === 2 ? 2 : 0].step_ms);
    }
  });

  test('--inference compares the scores of a forward pass and says which figure to trust', () => {
    const { status, stdout, stderr } = bench([
      ...tiny,
      ...['--inference', '--backend', 'cpu,wasm', '--peers', 'onnxruntime-web', '--threads', '1'],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^medians of 1 turns of 1 steps; \d+ x .*, Node v.*\nTrust the ratio of the least CPU times: /,
    );
    expect(stdout).toMatch(/│ lenet inference, batch 4 │ backend │ threads │ step ms │/);
    expect(stdout).toMatch(/│ boxprop +│ cpu +│ +│/);
    expect(stdout).toMatch(/│ boxprop +│ wasm +│ +1 │/);
    expect(stdout).toMatch(
      /│ onnxruntime-web [\d.]+ +│ wasm +│ +1 │|│ 1 thread: is not installed: npm install onnx/,
    );
  });

  test('a system that cannot be measured gets a line with the reason', () => {
    const peers = ['--backend', 'wasm', '--peers', 'pytorch,tfjs-layers', '--threads', '1'];
    const { status, stdout, stderr } = bench([...tiny, ...peers], { PYTHON: '/nowhere/python' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/│ boxprop +│ wasm +│/);
    expect(stdout).toMatch(
      /│ pytorch +│ cpu +│ 1 thread: spawn \/nowhere\/python ENOENT: .*pip install torch/,
    );
    expect(stdout).toMatch(/│ tfjs-layers +│ wasm +│ .*Conv2DBackpropFilter/);
  });

  test.each([
    [['--backend', 'wasm,gpu'], /^bench: --backend: expected one of cpu, wasm, .*, got "gpu"\n$/],
    [['--rounds', '0'], /^bench: --rounds: expected an integer of at least 1, got "0"\n$/],
    [['--threads', '1,0'], /^bench: --threads: expected an integer of at least 1, got "0"\n$/],
    [['--simd', 'all'], /^bench: --simd: expected one of plain, relaxed, none, got "all"\n$/],
    [
      ['--inference', '--peers', 'convnetjs'],
      /^bench: --peers: expected one of pytorch, onnxruntime-node, onnxruntime-web with --inference, got "convnetjs"\n$/,
    ],
    [
      ['--peers', 'onnxruntime-web'],
      /^bench: --peers: expected one of pytorch, .*, jax-js without --inference, got "onnxr.*"\n$/,
    ],
    [['--nonsense'], /^bench: unknown option '--nonsense'\n$/],
  ])('%j is refused in one line', (args, message) => {
    expect(bench(args)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(message) as string,
    });
  });
});
