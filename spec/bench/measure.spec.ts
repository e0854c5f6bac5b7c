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
} from '../../bench/measure.ts';
import type { Turn } from '../../bench/system.ts';
import { peer, ready } from '../support/benchPeer.ts';

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

  test('ratios are to the first result with as many threads, or else to the first', () => {
    const rows = [
      { threads: 1, step_ms: 40, min_cpu_ms: 20 },
      { threads: 2, step_ms: 20, min_cpu_ms: 25 },
      { threads: 2, step_ms: 10, min_cpu_ms: 50 },
      { step_ms: 10 },
    ] as Result[];
    const ratios = withRatios(rows).map(({ ratio, cpu_ratio }) => [ratio, cpu_ratio]);
    expect(ratios).toEqual([
      [1, 1],
      [1, 1],
      [0.5, 2],
      [0.25, undefined],
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
        cpu: 12,
        live: { before: 7, after: 7 },
        peak_mb: 100,
      },
      {
        steps: [{ loss: 1, step: 6 }],
        apart: [],
        cpu: 10,
        live: { before: 7, after: 8 },
        peak_mb: 120,
      },
    ];
    const setup = { ...peer({}).setup, threads: 2, simd: 'plain' } as const;
    expect(summarize(peer({ setup }), turns)).toEqual({
      network: 'lenet',
      batch: 4,
      side: 28,
      system: 'A',
      backend: 'cpu',
      threads: 2,
      simd: 'plain',
      step_ms: 6,
      min_ms: 5,
      cpu_ms: 11,
      min_cpu_ms: 10,
      forward_ms: 8,
      backward_ms: 10,
      update_ms: 2,
      peak_mb: 120,
      live_tensors: [7, 8],
    });
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

  test('in inference, other scores are reported, and the loss does not have to fall', () => {
    const scores = (...outputs: number[]) => peer({ ready: { ...ready([]), outputs } });
    const verdict = (...outputs: number[]) =>
      disagreement(scores(...outputs), scores(-100, 0, 1), 10);
    expect(verdict(-100, 0.009, 1)).toBeUndefined();
    expect(verdict(-100, 0.011, 1)).toBe('expected the score 0.000000 of A, got 0.01100000');
    expect(verdict(-100, 0, NaN)).toBe('expected the score 1.000000 of A, got NaN');
    expect(verdict(-100, 0)).toBe('expected the 3 scores of A, got 2');
    expect(disagreement(peer({}), scores(1), 10)).toBe('expected the 1 scores of A, got 0');
    const setup = { ...peer({}).setup, inference: true };
    const turns = [{ steps: [{ step: 1 }], apart: [] }];
    expect(untrained(peer({ setup }), turns)).toBeUndefined();
    expect(untrained(peer({}), turns)).toMatch(/^expected the loss to fall/);
  });

  test('a system that does not tell its number of parameters is compared all the same', () => {
    const untold = peer({ ready: { ...ready([2]), parameters: undefined } });
    expect(disagreement(untold, peer({}), 10)).toBeUndefined();
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
