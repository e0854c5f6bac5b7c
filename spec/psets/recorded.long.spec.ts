import { Rng } from '../../lib/rng.ts';
import { checkPset } from '../../psets/grader/check.ts';
import { applied, type Solve } from '../../psets/grader/pset.ts';
import { psets } from '../../psets/index.ts';
import { LocalStudent } from '../../psets/recorded/localStudent.ts';
import { recordPset } from '../../psets/recorded/recordPset.ts';
import { replayPset } from '../../psets/recorded/replayPset.ts';
import { readInstalled, writeInstalled } from '../../psets/recorded/installedFile.ts';
import { readValue, writeValue } from '../../psets/recorded/valueText.ts';
import { wrongAnswers } from '../support/wrongAnswers.ts';

test('numbers that JSON does not have, and texts that look like them, are kept', () => {
  const value = [NaN, -0, Infinity, -Infinity, 0, 1e-300, '~NaN', '~~', 'zeros', { a: [-0] }];
  const read = readValue(writeValue(value));
  expect(read).toEqual(value);
  expect(Object.is((read as number[])[1], -0)).toBe(true);
});

test.each(psets)(
  '$name: a recording gives the same verdicts, and holds no function',
  async (pset) => {
    const made = await recordPset(pset, 3);
    const text = writeInstalled([{ name: pset.name, statement: '', recording: made }]);
    const [{ recording }] = readInstalled(text);
    const replayed = replayPset(recording);
    expect(replayed.recordedSeed).toBe(3);
    for (const name of Object.keys(pset.solution)) expect(text).not.toContain(`function ${name}`);
    for (const answers of wrongAnswers(pset)) {
      const check = async (one: typeof pset) =>
        (await checkPset(one, new LocalStudent(answers), new Rng(3))).tasks;
      const full = await check(pset);
      for (const [k, { task, points }] of (await check(replayed)).entries()) {
        // Only with the derivation can the grader tell that a mistake follows from another one.
        const follows = full[k].message.startsWith('right with your own');
        if (!follows) expect([task, points]).toEqual([task, full[k].points]);
      }
    }
  },
);

test('the reference throws for arguments that were not recorded; a mistake agrees with nothing', async () => {
  const [linear] = psets;
  const { solution, mistakes } = replayPset(await recordPset(linear, 0));
  const call = (solve: Solve) => applied(solve, [[[7.7]], [[1]], [0]]);
  expect(() => call(solution.forward)).toThrow(
    '/solution/forward: expected recorded arguments, got others',
  );
  expect(call(mistakes[0].solve)).toBeNaN();
});
