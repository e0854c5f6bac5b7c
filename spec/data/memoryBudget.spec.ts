import { MemoryBudget } from '../../data/memoryBudget.ts';

/** A task that runs until it is released. */
function held() {
  let release = () => {};
  const until = new Promise<void>((resolve) => (release = resolve));
  return { task: () => until, release };
}

/** Lets everything that can run do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('tasks run together up to the budget, in the order of the calls, and a larger one alone', async () => {
  const budget = new MemoryBudget(10);
  const running = new Set<string>();
  const start = (name: string, cost: number) => {
    const { task, release } = held();
    const done = budget.use(cost, async () => {
      running.add(name);
      await task();
      running.delete(name);
    });
    return { release, done };
  };
  const [a, b, c, d] = [start('a', 6), start('b', 4), start('c', 25), start('d', 1)];
  const runs = async (...names: string[]) => {
    await settle();
    expect([...running]).toEqual(names);
  };
  await runs('a', 'b');
  a.release();
  await runs('b');
  b.release();
  await runs('c');
  c.release();
  await runs('d');
  d.release();
  await Promise.all([a, b, c, d].map(({ done }) => done));
});

test('a task that throws gives its cost back', async () => {
  const budget = new MemoryBudget(1);
  const failed = budget.use(1, () => Promise.reject(new Error('failed')));
  await expect(failed).rejects.toThrow('failed');
  expect(await budget.use(1, () => Promise.resolve(7))).toBe(7);
});
