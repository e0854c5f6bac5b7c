import { spawnSync } from 'node:child_process';
import type { Peer } from '../bench/child.ts';
import {
  disagreement,
  exponent,
  median,
  stepsATurn,
  summarize,
  takeTurns,
  untrained,
  withRatios,
  type Result,
} from '../bench/measure.ts';
import { describe as describeNetwork, initialWeights, noise, weighted } from '../bench/networks.ts';
import { comparisons, report } from '../bench/report.ts';
import { begin, turn, type System, type Turn } from '../bench/system.ts';
import { ROOT } from './support/runCommand.ts';

const SETUP = { system: 'boxprop', backend: 'cpu', network: 'lenet', batch: 4, side: 28 } as const;

const ready = (losses: readonly number[], step = 1, parameters = 10) => ({
  system: 'A',
  backend: 'cpu',
  parameters,
  losses,
  step,
});

function peer(state: Partial<Peer>): Peer {
  const none = { steps: [], apart: [] };
  return {
    setup: SETUP,
    ready: ready([2]),
    turn: () => Promise.resolve(none),
    close: () => Promise.resolve(),
    ...state,
  };
}

describe('the numbers', () => {
  test('medians of an odd and of an even number of times', () => {
    expect(median([9, 1, 4])).toBe(4);
    expect(median([9, 1, 4, 2])).toBe(3);
  });

  test('exponent finds the power', () => {
    const sizes = [16, 32, 64];
    expect(exponent(sizes, [3, 6, 12])).toBeCloseTo(1, 10);
    expect(exponent(sizes, [3, 12, 48])).toBeCloseTo(2, 10);
  });

  test('a turn has the requested number of steps, fewer if they are slow, and at least one', () => {
    expect([1, 400, 99_999].map((ms) => stepsATurn(ms, 10))).toEqual([10, 3, 1]);
  });

  test('ratios are to the first result', () => {
    const results = [40, 10].map((step_ms) => ({ step_ms }) as Result);
    expect(withRatios(results).map(({ ratio }) => ratio)).toEqual([1, 0.25]);
  });

  test("boxprop's step is compared with its peers', with that of tfjs-layers only on the same backend", () => {
    const row = (system: string, backend: string, step_ms: number, min_ms: number) =>
      ({ system, backend, step_ms, min_ms }) as Result;
    const rows = [
      row('PyTorch', 'cpu', 10, 5),
      row('boxprop', 'wasm', 20, 15),
      row('boxprop', 'cpu', 40, 30),
    ];
    expect(comparisons([...rows, row('tfjs-layers', 'cpu', 80, 75)])).toEqual([
      "boxprop's step on wasm is 2.0 (quickest 3.0) of PyTorch",
      "boxprop's step on cpu is 4.0 (quickest 6.0) of PyTorch, 0.50 (quickest 0.40) of tfjs-layers",
    ]);
  });

  test('a result is the median of all steps; its parts come from the separately timed steps, if there are any', () => {
    const turns: Turn[] = [
      {
        steps: [
          { loss: 3, step: 5 },
          { loss: 2, step: 9 },
        ],
        apart: [{ loss: 2, step: 20, forward: 8, backward: 10, update: 2 }],
        live: { before: 7, after: 7 },
        peak_mb: 100,
      },
      { steps: [{ loss: 1, step: 6 }], apart: [], live: { before: 7, after: 8 }, peak_mb: 120 },
    ];
    expect(summarize(peer({}), turns)).toEqual({
      network: 'lenet',
      batch: 4,
      side: 28,
      system: 'A',
      backend: 'cpu',
      step_ms: 6,
      min_ms: 5,
      forward_ms: 8,
      backward_ms: 10,
      update_ms: 2,
      peak_mb: 120,
      live_tensors: [7, 8],
    });
  });

  test('the table says why a system is missing, and shows a leak', () => {
    const row = {
      network: 'lenet',
      batch: 4,
      side: 28,
      system: 'A',
      backend: 'cpu',
      step_ms: 1,
      min_ms: 1,
    };
    const missing = {
      network: 'lenet',
      system: 'B',
      backend: 'wasm',
      reason: 'is not installed: npm install b',
    };
    const text = report([{ ...row, ratio: 1, live_tensors: [7, 8] }], [missing]);
    expect(text).toMatch(/│ A +│ cpu +│ +1\.0 .* 7 → 8 │ +1\.00 │/);
    expect(text).toMatch(/│ B +│ wasm +│ is not installed: npm install b +│/);
  });
});

describe('the turns', () => {
  test('rotate; a system that fails is reported and left out; a slow system gets three rounds', async () => {
    const heard: string[] = [];
    const named = (name: string, step: number, failing = Infinity) => {
      let turns = 0;
      return peer({
        ready: ready([2], step),
        turn: (steps) => {
          if (turns++ === failing) return Promise.reject(new Error('gone'));
          heard.push(`${name}${steps}`);
          return Promise.resolve({ steps: [], apart: [] });
        },
      });
    };
    const failures: unknown[] = [];
    const peers = [named('a', 1), named('b', 1, 1), named('c', 5000)];
    const taken = await takeTurns(peers, { rounds: 4, steps: 2 }, (peer, error) =>
      failures.push(peer, error),
    );
    expect(heard).toEqual(['a2', 'b2', 'c1', 'a2', 'c1', 'a2', 'c1', 'a2']);
    expect(failures).toEqual([peers[1], new Error('gone')]);
    expect([...taken.values()].map((turns) => turns.length)).toEqual([4, 3]);
  });

  test('a different number of parameters or different losses are reported', () => {
    const reference = peer({ ready: ready([2, 1.5]) });
    const verdict = (...of: Parameters<typeof ready>) =>
      disagreement(peer({ ready: ready(...of) }), reference, 10);
    expect(verdict([2.0001, 1.5001])).toBeUndefined();
    expect(verdict([2])).toBeUndefined();
    expect(verdict([2, 1.5], 1, 11)).toBe('expected 10 parameters, got 11');
    expect(verdict([2, 1.51])).toBe(
      'expected the losses 2.000000, 1.500000 of A, got 2.000000, 1.510000',
    );
    expect(verdict([2, NaN])).toMatch(/got 2.000000, NaN$/);
  });

  test('a loss that does not fall, or is not finite, is reported as no training', () => {
    const turns = (...losses: number[]) => [
      { steps: losses.map((loss) => ({ loss, step: 1 })), apart: [] },
    ];
    expect(untrained(peer({}), turns(1.9, 1.8))).toBeUndefined();
    expect(untrained(peer({}), turns(1.9, 2.1))).toBe(
      'expected the loss to fall from 2.000, got a median of 2.000',
    );
    expect(untrained(peer({}), turns(NaN, 1))).toMatch(/^expected the loss to fall/);
  });
});

describe('a system', () => {
  const system = (asynchronous: boolean, step = 1): System & { asked: object[] } => {
    const asked: object[] = [];
    return {
      name: 'A',
      backend: 'cpu',
      parameters: 10,
      asynchronous,
      asked,
      liveTensors: () => 3,
      step: (options) => {
        asked.push(options);
        return Promise.resolve({ loss: 3 - asked.length, step });
      },
    };
  };

  test('starts with three steps without dropout, or with one if it is slow', async () => {
    const quick = system(false);
    expect(await begin(quick)).toEqual({ ...ready([2, 1, 0]) });
    expect(quick.asked).toEqual(Array(3).fill({ dropout: false, apart: false }));
    expect(await begin(system(false, 20_000))).toMatchObject({ losses: [2], step: 20_000 });
  });

  test('times the parts within its steps, or in an extra step if calls return before their work is done', async () => {
    const [waiting, hurrying] = [system(false), system(true)];
    expect(await turn(waiting, 2)).toMatchObject({ live: { before: 3, after: 3 }, apart: [] });
    expect(waiting.asked).toEqual(Array(2).fill({ dropout: true, apart: true }));
    expect((await turn(hurrying, 1)).apart).toHaveLength(1);
    expect(hurrying.asked).toEqual([false, true].map((apart) => ({ dropout: true, apart })));
  });
});

describe('the networks', () => {
  test.each([
    ['lenet', 431_080],
    ['alexnet', 62_378_344],
    ['resnet20', 269_722],
    ['convnet', 520 + 25_050 + 510],
  ] as const)('%s has %i parameters', (name, parameters) => {
    expect(describeNetwork(name).parameters).toBe(parameters);
  });

  test('start from pseudo-random numbers that depend on the layer', () => {
    const [first, second] = weighted(describeNetwork('lenet').layers).map(initialWeights);
    expect([first.length, second.length]).toEqual([500, 25_000]);
    const mean = (values: Float32Array) =>
      values.reduce((total, value) => total + value, 0) / values.length;
    const sequence = noise(3, 100_000, 2);
    expect(Math.abs(mean(sequence))).toBeLessThan(0.02);
    expect(mean(sequence.map((value) => value ** 2))).toBeCloseTo(4 / 3, 1);
    expect([...noise(1, 3, 1)]).not.toEqual([...noise(2, 3, 1)]);
  });
});

describe('npm run bench', () => {
  const bench = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(
      process.execPath,
      ['--conditions=boxprop-source', '--import', 'tsx', 'bench/bench.ts', ...args],
      {
        cwd: ROOT,
        encoding: 'utf8',
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
    expect(results.map(({ system, backend }) => [system, backend])).toEqual([
      ['boxprop', 'cpu'],
      ['boxprop', 'wasm'],
    ]);
    for (const result of results) {
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
      } = result;
      for (const number of [forward_ms, backward_ms, update_ms, peak_mb])
        expect(number).toBeGreaterThan(0);
      expect(forward_ms + backward_ms + update_ms).toBeCloseTo(step_ms, 6);
      expect(result.ratio).toBe(step_ms / results[0].step_ms);
    }
  });

  test('a system that cannot be measured gets a line with the reason', () => {
    const peers = ['--backend', 'wasm', '--peers', 'pytorch,tfjs-layers'];
    const { status, stdout, stderr } = bench([...tiny, ...peers], { PYTHON: '/nowhere/python' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/│ boxprop +│ wasm +│/);
    expect(stdout).toMatch(
      /│ pytorch +│ cpu +│ spawn \/nowhere\/python ENOENT: .*pip install torch/,
    );
    expect(stdout).toMatch(/│ tfjs-layers +│ wasm +│ .*Conv2DBackpropFilter/);
  });

  test.each([
    [['--backend', 'wasm,gpu'], /^bench: --backend: expected one of cpu, wasm, .*, got "gpu"\n$/],
    [['--rounds', '0'], /^bench: --rounds: expected an integer of at least 1, got "0"\n$/],
    [['--nonsense'], /^bench: unknown option '--nonsense'\n$/],
  ])('%j is refused in one line', (args, message) => {
    expect(bench(args)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(message) as string,
    });
  });
});
