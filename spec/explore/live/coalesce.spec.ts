import { coalesce } from '../../../explore/views/live/coalesce.ts';

/** A task whose runs end when the spec says so. */
function steppedTask() {
  const ends: (() => void)[] = [];
  const task = coalesce(() => new Promise<void>((resolve) => ends.push(resolve)));
  return { ends, task };
}

/** Lets all promises that can go on do so. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

test('calls during a run become one more run, for which all of them wait', async () => {
  const { ends, task } = steppedTask();
  let done = 0;
  for (let i = 0; i < 4; i++) void task().then(() => done++);
  expect(ends).toHaveLength(1);
  ends[0]();
  await settled();
  expect([ends.length, done]).toEqual([2, 0]);
  ends[1]();
  await settled();
  expect([ends.length, done]).toEqual([2, 4]);
  void task();
  expect(ends).toHaveLength(3);
});

test('an error ends the run, and the next call runs again', async () => {
  let runs = 0;
  const task = coalesce(async () => {
    runs++;
    await settled();
    throw new Error('no network');
  });
  await expect(task()).rejects.toThrow('no network');
  await expect(task()).rejects.toThrow('no network');
  expect(runs).toBe(2);
});
