import { ArrayDataset } from '../../../../data/dataset.ts';
import { Training } from '../../../../explore/engine/live/training.ts';
import { useBackend } from '../../../../lib/backend/useBackend.ts';
import { Rng } from '../../../../lib/rng.ts';
import { Linear, Sequential } from '../../../../modules/index.ts';

/** Trainings whose steps a test counts; each is disposed after its test. */
const trainings: Training[] = [];
beforeAll(() => useBackend('cpu'));
afterEach(async () => {
  for (const training of trainings.splice(0)) await training.dispose();
});

function small(): Training {
  const rng = new Rng(1);
  const data = new ArrayDataset({
    name: 'noise',
    inputs: rng.normals(64).map(Math.fround),
    inputShape: [2],
    labels: Array.from({ length: 32 }, (_, i) => i % 2),
    classes: 2,
  });
  const training = new Training({
    network: new Sequential([new Linear(2, 2, { rng })]),
    train: data,
    test: data,
    seed: 0,
    learningRate: 0.01,
    batchSize: 4,
    onProgress: () => {},
  });
  trainings.push(training);
  return training;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A task that ends when the test says so. */
function task() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { run: () => ended, end };
}

test('a training goes on after a task during which it waited', async () => {
  const training = small();
  training.start();
  await wait(20);
  const step = await training.whilePaused(() => training.step);
  await wait(40);
  await training.pause();
  expect(training.step).toBeGreaterThan(step);
});

test('a pause that comes during a task lasts after it', async () => {
  const training = small();
  training.start();
  const { run, end } = task();
  const done = training.whilePaused(run);
  await training.pause();
  end();
  await done;
  expect(training.isRunning).toBe(false);
});

test('a start that comes during a task waits for its end', async () => {
  const training = small();
  const { run, end } = task();
  const done = training.whilePaused(run);
  await wait(1);
  training.start();
  expect(training.isRunning).toBe(false);
  end();
  await done;
  expect(training.isRunning).toBe(true);
});

test('the end of one task does not start the training during another', async () => {
  const training = small();
  training.start();
  const [first, second] = [task(), task()];
  const done = [training.whilePaused(first.run), training.whilePaused(second.run)];
  first.end();
  await done[0];
  expect(training.isRunning).toBe(false);
  second.end();
  await done[1];
  expect(training.isRunning).toBe(true);
});

test('a step during a task waits for its end, and two steps follow each other', async () => {
  const training = small();
  const { run, end } = task();
  const done = training.whilePaused(run);
  const steps = [training.oneStep(), training.oneStep()];
  await wait(20);
  expect(training.step).toBe(0);
  end();
  await Promise.all([done, ...steps]);
  expect(training.step).toBe(2);
});
