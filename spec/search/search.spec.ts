import { Rng } from '../../index.ts';
import { dimensionImportance, sobolIndices } from '../../search/importance.ts';
import { search, initialTrials, type SearchOptions, type SearchTask } from '../../search/search.ts';
import type { Point, Space } from '../../search/space.ts';
import { toObservations, type FoldResult, type Trial } from '../../search/trial.ts';

/** The domain of Branin's function, which has three minima of 0.397887 there. */
const BRANIN: Space = { x: { low: -5, high: 10 }, y: { low: 0, high: 15 } };
const LEAST = 0.397887;
function branin({ x, y }: Point): number {
  const [a, b] = [Number(x), Number(y)];
  const valley = b - (5.1 * a ** 2) / (4 * Math.PI ** 2) + (5 * a) / Math.PI - 6;
  return valley ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10;
}

const score = (value: number): Promise<FoldResult> => Promise.resolve({ score: value });
const options = (change: Partial<SearchOptions> = {}): SearchOptions => ({
  space: BRANIN,
  method: 'random',
  trials: 6,
  folds: 3,
  seed: 0,
  workers: 1,
  evaluate: ({ point, fold }) => score(branin(point) + fold),
  ...change,
});

/** Evaluates after a random delay, so that folds end in another order. */
const shuffled = (seed: number) => {
  const rng = new Rng(seed);
  return async ({ point, fold }: SearchTask): Promise<FoldResult> => {
    for (let turns = rng.integer(12); turns > 0; turns--) await new Promise(setImmediate);
    return { score: branin(point) + fold };
  };
};

describe('search', () => {
  it('scores a trial by the mean over its folds, with its standard error', async () => {
    const [first] = await search(options({ evaluate: ({ fold }) => score([1, 2, 6][fold]) }));
    expect(first.mean).toBe(3);
    // The squared deviations sum to (−2)² + (−1)² + 3² = 14.
    // The standard error is √(14 / (3 · 2)).
    expect(first.standardError).toBeCloseTo(Math.sqrt(14 / 6), 12);
    expect(first.scores).toEqual([1, 2, 6]);
  });

  it('evaluates every fold of every trial once, no more at a time than there are workers', async () => {
    const asked: string[] = [];
    let [running, most] = [0, 0];
    const found = await search(
      options({
        workers: 4,
        evaluate: async (task) => {
          asked.push(`${task.trial}:${task.fold}`);
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running--;
          return { score: 1 };
        },
      }),
    );
    expect(found.map(({ trial }) => trial)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(asked).size).toBe(18);
    expect(asked).toHaveLength(18);
    expect(most).toBe(4);
  });

  it('goes on to the next fold while another process evaluates one', async () => {
    const own: string[] = [];
    let release = (_: FoldResult) => undefined as void;
    const other = new Promise<FoldResult>((resolve) => (release = resolve));
    const found = await search(
      options({
        evaluate: ({ trial, fold }) => {
          if (trial === 0) return Promise.resolve({ elsewhere: other });
          own.push(`${trial}:${fold}`);
          if (own.length === 15) release({ score: 7 });
          return score(1);
        },
      }),
    );
    expect(own).toHaveLength(15);
    expect(found.map(({ mean }) => mean)).toEqual([7, 1, 1, 1, 1, 1]);
    const failing = { elsewhere: Promise.reject(new Error('lost')) };
    const evaluate = () => Promise.resolve(failing);
    await expect(search(options({ evaluate }))).rejects.toThrow('lost');
  });

  it('tries the point that another process has stored', async () => {
    const stored = { x: 1, y: 2 };
    const onPoint = (trial: number) => (trial === 2 ? stored : undefined);
    const found = await search(options({ onPoint }));
    const alone = await search(options());
    expect(found[2]).toMatchObject({
      point: stored,
      scores: [0, 1, 2].map((k) => branin(stored) + k),
    });
    expect(found.filter((_, trial) => trial !== 2)).toEqual(
      alone.filter((_, trial) => trial !== 2),
    );
  });

  it('by grid tries every grid point', async () => {
    const space: Space = { a: { choices: [1, 2] }, b: { low: 0, high: 1, points: 3 } };
    const { trials: _, ...rest } = options({ space, method: 'grid', evaluate: () => score(1) });
    expect((await search(rest)).map(({ point }) => point)).toEqual(
      [1, 2].flatMap((a) => [0, 0.5, 1].map((b) => ({ a, b }))),
    );
  });

  it.each(['random', 'gp'] as const)(
    'by %s is the same with any number of workers, in whatever order trials end',
    async (method) => {
      const of = (workers: number, seed: number) =>
        search(options({ method, trials: 10, workers, evaluate: shuffled(seed) }));
      const alone = await of(1, 0);
      for (const [workers, seed] of [
        [2, 1],
        [5, 2],
        [16, 3],
      ])
        expect(await of(workers, seed)).toEqual(alone);
      expect(await search(options({ method, trials: 10, seed: 1 }))).not.toEqual(alone);
      // A search with more trials begins with the same trials.
      expect((await search(options({ method, trials: 12 }))).slice(0, 10)).toEqual(alone);
    },
  );

  it('by gp depends on results, but not on those of the `ahead` trials before', async () => {
    const of = (changed: number, ahead: number) =>
      search(
        options({
          method: 'gp',
          trials: 8,
          ahead,
          evaluate: ({ trial, point, fold }) =>
            score(branin(point) + fold + (trial === changed ? 200 : 0)),
        }),
      );
    const points = (trials: readonly Trial[]) => trials.map(({ point }) => point);
    const plain = points(await of(-1, 2));
    const other = points(await of(4, 2));
    expect(initialTrials(BRANIN)).toBe(4);
    // Trials 5 and 6 do not wait for trial 4, but trial 7 does.
    expect(other.slice(0, 7)).toEqual(plain.slice(0, 7));
    expect(other[7]).not.toEqual(plain[7]);
    expect(points(await of(4, 0))[5]).not.toEqual(points(await of(-1, 0))[5]);
  });

  it.each(['random', 'gp'] as const)(
    'by %s, stopped after any fold, continues to the same result and evaluates only the remaining folds',
    async (method) => {
      const whole = await search(options({ method, trials: 7 }));
      const stopAfter = [1, 5, 13, 20];
      for (const [k, stop] of stopAfter.entries()) {
        const points: Point[] = [];
        const results = new Map<string, FoldResult>();
        const controller = new AbortController();
        const evaluate = shuffled(k);
        const record = async (task: SearchTask) => {
          const result = await evaluate(task);
          controller.signal.throwIfAborted();
          results.set(`${task.trial}:${task.fold}`, result);
          if (results.size === stop) controller.abort();
          return result;
        };
        const onPoint = (trial: number, point: Point) => void (points[trial] = point);
        const stopped = search(
          options({
            method,
            trials: 7,
            workers: 3,
            evaluate: record,
            onPoint,
            signal: controller.signal,
          }),
        );
        const reason: unknown = await stopped.then(
          () => 'not stopped',
          (error: unknown) => error,
        );
        expect(reason).toBe(controller.signal.reason);
        expect(controller.signal.aborted).toBe(true);
        expect(results.size).toBe(stop);
        let evaluated = 0;
        const resumed = await search(
          options({
            method,
            trials: 7,
            workers: 2,
            evaluate: (task) => {
              evaluated++;
              expect(results.has(`${task.trial}:${task.fold}`)).toBe(false);
              return score(branin(task.point) + task.fold);
            },
            history: { points, result: (trial, fold) => results.get(`${trial}:${fold}`) },
          }),
        );
        expect(resumed).toEqual(whole);
        expect(evaluated).toBe(21 - stop);
      }
    },
  );

  it('keeps a failed trial with its reason, as the worst, and continues', async () => {
    const found = await search(
      options({
        method: 'gp',
        trials: 9,
        evaluate: ({ trial, fold, point }) =>
          trial === 1 ? Promise.resolve({ failed: `fold ${fold} diverged` }) : score(branin(point)),
      }),
    );
    expect(found).toHaveLength(9);
    expect(found[1]).toMatchObject({ mean: Infinity, scores: [], failed: 'fold 0 diverged' });
    const scored = found.filter(({ failed }) => failed === undefined).map(({ mean }) => mean);
    expect(toObservations(found)[1].target).toBe(Math.max(...scored));
  });

  it('by gp continues even if every trial has failed', async () => {
    const found = await search(
      options({ method: 'gp', evaluate: () => Promise.resolve({ failed: 'no' }) }),
    );
    expect(found.map(({ failed }) => failed)).toEqual(Array(6).fill('no'));
  });

  it('rejects with the errors of its callbacks', async () => {
    const evaluate = ({ trial }: SearchTask) =>
      trial === 2 ? Promise.reject(new Error('broken')) : score(1);
    await expect(search(options({ evaluate, workers: 3 }))).rejects.toThrow('broken');
    await expect(
      search(options({ onPoint: () => Promise.reject(new Error('full')) })),
    ).rejects.toThrow('full');
  });

  it.each<[string, Partial<SearchOptions>]>([
    ['trials to be an integer of at least 2, got 1', { trials: 1 }],
    ['folds to be an integer of at least 1, got 0', { folds: 0 }],
    ['workers to be an integer of at least 1, got 1.5', { workers: 1.5 }],
    ['ahead to be an integer of at least 0, got -1', { ahead: -1 }],
    ['no number of trials with grid, which has 9, got 6', { method: 'grid' }],
    [
      'at most as many trials as there are points, 3, got 6',
      { space: { a: { choices: [1, 2, 3] } } },
    ],
  ])('expects %s', async (message, change) => {
    await expect(search(options(change))).rejects.toThrow(`search: expected ${message}`);
  });

  it('refuses an unknown option', async () => {
    const wrong: object = { worker: 2 };
    await expect(search(options(wrong))).rejects.toThrow(
      'search: unknown option worker; did you mean workers?',
    );
  });

  it('by gp comes ten times closer than by random, in the median of five seeds', async () => {
    const gap = async (method: 'random' | 'gp', seed: number) => {
      const found = await search(options({ method, seed, trials: 28, folds: 1 }));
      return Math.min(...found.map(({ mean }) => mean)) - LEAST;
    };
    const median = async (method: 'random' | 'gp') => {
      const gaps: number[] = [];
      for (let seed = 0; seed < 5; seed++) gaps.push(await gap(method, seed));
      return gaps.sort((a, b) => a - b)[2];
    };
    expect(await median('gp')).toBeLessThan((await median('random')) / 10);
  });
});

describe('importance', () => {
  it("gives the known Sobol' indices of Ishigami's function", () => {
    const ishigami = (units: readonly number[]) => {
      const [a, b, c] = units.map((unit) => Math.PI * (2 * unit - 1));
      return Math.sin(a) + 7 * Math.sin(b) ** 2 + 0.1 * c ** 4 * Math.sin(a);
    };
    const indices = sobolIndices(ishigami, { dimensions: 3, rng: new Rng(1) });
    // The expected indices are from Saltelli et al., "Global Sensitivity Analysis", 2008, section
    // 4.5, with a = 7 and b = 0.1.
    const expected = [
      { firstOrder: 0.3139, totalOrder: 0.5576 },
      { firstOrder: 0.4424, totalOrder: 0.4424 },
      { firstOrder: 0, totalOrder: 0.2437 },
    ];
    indices.forEach(({ firstOrder, totalOrder }, i) => {
      expect(Math.abs(firstOrder - expected[i].firstOrder)).toBeLessThan(0.05);
      expect(Math.abs(totalOrder - expected[i].totalOrder)).toBeLessThan(0.05);
    });
  });

  it('is 0 for a constant function', () => {
    expect(sobolIndices(() => 3, { dimensions: 2, rng: new Rng(0) })).toEqual([
      { firstOrder: 0, totalOrder: 0 },
      { firstOrder: 0, totalOrder: 0 },
    ]);
  });

  const space: Space = {
    rate: { low: 0.001, high: 0.1, log: true },
    kind: { choices: ['good', 'bad', 'ugly'] },
    idle: { low: 0, high: 1 },
  };
  const observe = async (noise: number) => {
    const rng = new Rng(3);
    const trials = await search({
      space,
      method: 'random',
      trials: 50,
      folds: 1,
      seed: 0,
      workers: 1,
      evaluate: ({ point }) => {
        const steps = Math.log10(Number(point.rate)) + 2;
        const value = noise > 1 ? 0 : 2 * steps ** 2 + (point.kind === 'good' ? 0 : 1);
        return score(value + noise * rng.normal());
      },
    });
    return dimensionImportance(space, toObservations(trials), 0);
  };

  it('is found from trials: the dimensions that matter, and their best values', async () => {
    const { dimensions, explainedVariance } = await observe(0.05);
    const [rate, kind, idle] = dimensions;
    // The exact variances over the space: 16/45 for 2 s² with s uniform in [−1, 1], and 2/9 for the
    // kinds.
    const whole = 16 / 45 + 2 / 9;
    expect(Math.abs(rate.firstOrder - 16 / 45 / whole)).toBeLessThan(0.1);
    expect(Math.abs(kind.firstOrder - 2 / 9 / whole)).toBeLessThan(0.1);
    expect(idle.totalOrder).toBeLessThan(0.05);
    expect(explainedVariance).toBeGreaterThan(0.8);
    const least = rate.partialDependence.reduce((a, b) => (b.target < a.target ? b : a));
    expect(Math.abs(Math.log10(Number(least.value)) + 2)).toBeLessThan(0.25);
    const [good, ...others] = kind.partialDependence.map(({ target }) => target);
    for (const other of others) expect(Math.abs(other - good - 1)).toBeLessThan(0.25);
  });

  it('is reported as unreliable if there is only noise', async () => {
    expect((await observe(2)).explainedVariance).toBeLessThan(0.3);
  });
});
