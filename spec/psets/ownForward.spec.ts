import { Rng } from '../../lib/rng.ts';
import { checkPset } from '../../psets/grader/check.ts';
import { maxPooling } from '../../psets/max-pooling/pset.ts';
import * as solution from '../../psets/max-pooling/solution.ts';
import { LocalStudent } from '../../psets/recorded/localStudent.ts';

/** The smallest element of each window; the last one among equals wins. */
const winners = (x: number[], K: number) =>
  x.map((_, i) => {
    const p = Math.floor((K - 1) / 2);
    let best = Math.max(0, i - p);
    for (let j = best; j < Math.min(x.length, i - p + K); j++) if (x[j] <= x[best]) best = j;
    return best;
  });

const forwardSame = (x: number[], K: number) => winners(x, K).map((j) => x[j]);

const backpropSameToInput = (gradSame: number[], x: number[], K: number) => {
  const gradInput = x.map(() => 0);
  winners(x, K).forEach((j, i) => (gradInput[j] += gradSame[i]));
  return gradInput;
};

/** Returns the message for the last function, of which the first parameter is not gradOutput. */
async function message(gradient: typeof backpropSameToInput) {
  const student = new LocalStudent({ ...solution, forwardSame, backpropSameToInput: gradient });
  const { tasks } = await checkPset(maxPooling, student, new Rng(0));
  return tasks.find(({ task }) => task === 'backpropSameToInput')?.message;
}

test('the right gradient of a wrong forward function passes, whatever the name of its first parameter', async () => {
  expect(await message(backpropSameToInput)).toBe(
    'right for your own forward, which is wrong; pass',
  );
});

test('a wrong gradient of a wrong forward function fails', async () => {
  const negative = (g: number[], x: number[], K: number) =>
    backpropSameToInput(g, x, K).map((v) => -v);
  expect(await message(negative)).not.toContain('pass');
});
