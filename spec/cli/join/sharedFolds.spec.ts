import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SharedFolds } from '../../../cli/join/sharedFolds.ts';
import type { Reply } from '../../../cli/foldMessages.ts';
import { SearchFolder } from '../../../cli/searchFolder.ts';
import type { SearchPlan } from '../../../cli/searchPlan.ts';
import { search, type Elsewhere, type SearchTask } from '../../../search/search.ts';
import type { FoldResult } from '../../../search/trial.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-folds-'));
  mkdirSync(join(folder, 'trials'));
});
const members: SharedFolds[] = [];
afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.stop(new Error('over'))));
  rmSync(folder, { recursive: true });
});

const PLAN: SearchPlan = {
  version: '1',
  file: 'space.json',
  base: { network: 'lenet' },
  space: { learningRate: { low: 0.1, high: 0.2 } },
  method: 'gp',
  trials: 8,
  examples: 20,
  fingerprint: '',
  folds: 3,
  seed: 0,
  ahead: 1,
  lease: 4,
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const reply = (errors: number): Reply => ({ errors, examples: 100, loss: 1, seconds: 1 });
const task = (trial: number, fold: number): SearchTask => ({
  trial,
  fold,
  point: { learningRate: 0.1 },
});
const leaseFile = (number: number) => join(folder, 'trials', `trial-1.fold-1.lease-${number}`);
/** A lease that another process of another machine has left. */
const DEAD = '000000000007 4711 99 pid:[1] node3\n';

/** A process that takes part: it trains one fold at a time with this function. */
async function member(
  train: (task: SearchTask) => Promise<Reply>,
  notes: string[] = [],
  workers = 1,
  lease = 0.4,
) {
  const opened = await SearchFolder.open(folder, { ...PLAN, lease });
  const note = (line: string) => void notes.push(line);
  const folds = new SharedFolds({ search: opened, workers, train, note });
  members.push(folds);
  return { folds, opened };
}
const elsewhereToo = (answer: FoldResult | Elsewhere) =>
  'elsewhere' in answer ? answer.elsewhere : answer;

test.each(['random', 'gp'] as const)(
  'four processes together find the same by %s as one, and train each fold once',
  async (method) => {
    const score = ({ point, trial, fold }: SearchTask) =>
      Math.round(1000 * Number(point.learningRate)) - 90 + ((7 * trial + 3 * fold) % 5);
    const { trials, folds, seed, space } = PLAN;
    const options = { space, method, trials, folds, seed, workers: 1 };
    const evaluate = (one: SearchTask) => Promise.resolve({ score: score(one) / 100 });
    const alone = await search({ ...options, evaluate });
    const trained: string[] = [];
    const together = await Promise.all(
      [1, 2, 3, 4].map(async (speed) => {
        const train = async (one: SearchTask) => {
          trained.push(`${one.trial}:${one.fold}`);
          await pause(speed * 3);
          return reply(score(one));
        };
        const { folds: shared, opened } = await member(train, [], 1, PLAN.lease);
        return search({
          ...options,
          evaluate: (one) => shared.evaluate(one),
          onPoint: (trial, point) => opened.addPoint(trial, point),
        });
      }),
    );
    for (const found of together) expect(found).toEqual(alone);
    expect(trained).toHaveLength(24);
    expect(new Set(trained).size).toBe(24);
    expect(readdirSync(join(folder, 'trials'))).toHaveLength(8 + 24);
  },
);

test('the fold of a process that was stopped is taken over, and only the first result counts', async () => {
  let wake = (_: Reply) => undefined as void;
  const notes: string[] = [];
  // With a lease of 1000 s, this member renews it only after minutes, like a process that is
  // stopped.
  const train = () => new Promise<Reply>((resolve) => (wake = resolve));
  const stopped = await member(train, notes, 1, 1000);
  const first = stopped.folds.evaluate(task(0, 0));
  while (!existsSync(leaseFile(0))) await pause(5);
  let finish = (_: Reply) => undefined as void;
  const taken: string[] = [];
  const other = await member(() => new Promise((resolve) => (finish = resolve)), taken);
  const second = other.folds.evaluate(task(0, 0)).then(elsewhereToo);
  while (notes.length === 0) await pause(5);
  const holder = `process ${process.pid} of ${hostname()}`;
  expect(taken).toEqual([
    `trial 1, fold 1: takes over from ${holder}, which was killed or stopped`,
  ]);
  expect(notes).toEqual([
    'trial 1, fold 1: another process trains it too, because this one was stopped',
  ]);
  finish(reply(10));
  expect(await second).toEqual({ score: 0.1 });
  wake(reply(99));
  expect(await first).toEqual({ score: 0.1 });
  await pause(20);
  expect(readdirSync(join(folder, 'trials'))).toEqual(['trial-1.fold-1.json']);
});

test('a point or a result that comes after that of another process does not count', async () => {
  const { opened } = await member(() => Promise.resolve(reply(1)));
  expect(await opened.addPoint(0, { learningRate: 0.1 })).toEqual({ learningRate: 0.1 });
  expect(await opened.addPoint(0, { learningRate: 0.2 })).toEqual({ learningRate: 0.1 });
  expect(await opened.addFold(task(0, 0), reply(10))).toEqual({ score: 0.1 });
  expect(await opened.addFold(task(0, 0), reply(99))).toEqual({ score: 0.1 });
});

test('a process that is stopped by a signal gives its leases back at once', async () => {
  const { folds } = await member(() => Promise.reject(new Error('stopped')));
  await expect(folds.evaluate(task(0, 0))).rejects.toThrow('stopped');
  await folds.stop(new Error('over'));
  expect(readdirSync(join(folder, 'trials'))).toEqual([]);
  await expect(folds.evaluate(task(0, 0))).rejects.toThrow('over');
});

test('a fold that ends three processes has failed', async () => {
  for (const number of [0, 1, 2]) writeFileSync(leaseFile(number), DEAD);
  const { folds } = await member(() => Promise.reject(new Error('not to be trained')));
  expect(await folds.evaluate(task(0, 0)).then(elsewhereToo)).toEqual({
    failed: '3 processes ended while they trained fold 1, the last was process 4711 of node3',
  });
  expect(readdirSync(join(folder, 'trials'))).toEqual(['trial-1.fold-1.json']);
});

test('a fold that has ended two processes is trained while no other fold is', async () => {
  for (const number of [0, 1]) writeFileSync(leaseFile(number), DEAD);
  const events: string[] = [];
  const train = async ({ fold }: SearchTask) => {
    events.push(`begin ${fold}`);
    await pause(600);
    events.push(`end ${fold}`);
    return reply(1);
  };
  const { folds } = await member(train, [], 2);
  await Promise.all([0, 1].map((fold) => folds.evaluate(task(0, fold)).then(elsewhereToo)));
  await folds.evaluate(task(0, 2)).then(elsewhereToo);
  expect(events).toEqual(['begin 1', 'end 1', 'begin 0', 'end 0', 'begin 2', 'end 2']);
});

test('an error of the folder ends the search', async () => {
  const { folds } = await member(() => Promise.resolve(reply(1)));
  writeFileSync(join(folder, 'trials', 'trial-1.fold-1.json'), '{');
  await expect(folds.evaluate(task(0, 0))).rejects.toThrow('trial-1.fold-1.json: expected JSON');
});
