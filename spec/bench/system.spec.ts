import {
  describe as describeNetwork,
  initialWeights,
  noise,
  weighted,
} from '../../bench/networks.ts';
import { begin, turn, type System } from '../../bench/system.ts';
import { ready } from '../support/benchPeer.ts';

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

  test('tells the mean CPU time of the steps of a turn, without the step for the parts', async () => {
    let spent = 0;
    const working = (asynchronous: boolean): System => ({
      ...system(asynchronous),
      step: ({ apart }) => {
        spent += apart && asynchronous ? 1000 : 5;
        return Promise.resolve({ loss: 1, step: 1 });
      },
    });
    expect(await turn(working(false), 4, () => spent)).toMatchObject({ cpu: 5 });
    expect(await turn(working(true), 2, () => spent)).toMatchObject({ cpu: 5 });
    expect(await turn(working(false), 4)).not.toHaveProperty('cpu');
  });

  test('in inference tells its scores, and has no losses', async () => {
    const forward = {
      ...system(false),
      step: () => Promise.resolve({ step: 1 }),
      outputs: () => Promise.resolve([3, 4]),
    };
    expect(await begin(forward)).toEqual({ ...ready([]), outputs: [3, 4] });
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
