import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../../lib/rng.ts';
import { checkPset } from '../../psets/grader/check.ts';
import { psets } from '../../psets/index.ts';
import { LocalStudent } from '../../psets/recorded/localStudent.ts';
import { ROOT } from '../support/runCommand.ts';

/**
 * Grades submissions that people could hand in: for each problem set a right one, two right ones
 * that are written in an unusual way, and at least 22 wrong ones with one mistake each. The first
 * line of a wrong submission describes its mistake, and the second line lists the functions that
 * have it.
 *
 * Each folder has a file messages.txt with the grader's message for each wrong function. Every
 * message was read and judged against the mistake, and the verdict stands before the name:
 * - exact: the message names the mistake;
 * - helps: it says something true that leads to the mistake, such as where a result is NaN;
 * - vague: it says only that the numbers are wrong, or where;
 * - misleading: its words suggest another mistake.
 *
 * If a message changes, this spec fails, and the new message has to be judged.
 */

const FOLDER = join(ROOT, 'spec/psets/corpus');
const VERDICTS = ['exact', 'helps', 'vague', 'misleading'];

/**
 * The verdicts of all files, and of the fifth that was set aside: the files whose number has the
 * remainder 2 modulo 5 did not serve to develop the grader's tests. The files of SEEN did so later,
 * and no longer count as set aside.
 */
const ALL = { exact: 280, helps: 21, vague: 6, misleading: 0 };
const SET_ASIDE = { exact: 52, helps: 6, vague: 3, misleading: 0 };
const SEEN = [
  '02-sigmoid-overflows',
  '07-circular-left-off-by-one',
  '07-scores-clipped',
  '22-same-borders-copied',
];

const read = (set: string, file: string) => readFileSync(join(FOLDER, set, file), 'utf8');

/** Lists the submissions of a problem set. The names of right ones begin with 00. */
const submissionsOf = (set: string, right: boolean) =>
  readdirSync(join(FOLDER, set))
    .filter((file) => file.endsWith('.ts') && file.startsWith('00') === right)
    .sort();

/** The verdicts in the file of messages, by the name of the submission. */
const verdictsOf = (set: string): Map<string, string> =>
  new Map(
    [...read(set, 'messages.txt').matchAll(/^(\w+) {2}(\S+)$/gm)].map(([, verdict, name]) => [
      name,
      verdict,
    ]),
  );

/** The functions with the mistake, from the second line of a submission. */
const wrongFunctions = (set: string, file: string) =>
  /^\/\/ TASKS: (.*)$/m.exec(read(set, file))?.[1].split(', ');

async function graded(set: string, file: string, seed = 0) {
  const pset = psets.find(({ name }) => name === set);
  if (pset === undefined) throw new Error(set);
  const functions = (await import(join(FOLDER, set, file))) as Record<string, unknown>;
  return (await checkPset(pset, new LocalStudent(functions), new Rng(seed))).tasks;
}

const count = (verdicts: readonly string[]) =>
  Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, verdicts.filter((one) => one === verdict).length]),
  );
const share = (verdicts: readonly string[]) =>
  `${verdicts.length} wrong submissions: ${VERDICTS.map((verdict) => `${count(verdicts)[verdict]} ${verdict}`).join(', ')}`;

const all = psets.flatMap(({ name }) => [...verdictsOf(name)]);
const verdicts = all.map(([, verdict]) => verdict);
const setAside = all
  .filter(([name]) => Number(name.slice(0, 2)) % 5 === 2 && !SEEN.includes(name))
  .map(([, is]) => is);

// The titles print the counts.
test(share(verdicts), () => expect(count(verdicts)).toEqual(ALL));
test(`set aside, ${share(setAside)}`, () => expect(count(setAside)).toEqual(SET_ASIDE));

describe.each(psets.map(({ name }) => name))('%s', (set) => {
  test.each([0, 1, 2])('right and unusual submissions pass with seed %i', async (seed) => {
    const files = submissionsOf(set, true);
    expect(files).toHaveLength(3);
    for (const file of files) {
      const messages = (await graded(set, file, seed)).map(({ message }) => message);
      expect([file, ...new Set(messages)]).toEqual([file, 'pass']);
    }
  });

  test('a wrong submission fails exactly the functions that have its mistake', async () => {
    for (const file of submissionsOf(set, false)) {
      const failed = (await graded(set, file)).filter(({ pass }) => !pass);
      const wrong = wrongFunctions(set, file) ?? [];
      // A function that calls a wrong one may fail too, and its message says so.
      const own = failed.filter(
        ({ task, message }) => wrong.includes(task) || !message.includes('may follow from'),
      );
      expect([file, ...own.map(({ task }) => task)]).toEqual([file, ...wrong]);
    }
  });

  test('wrong submissions get the messages that were judged', async () => {
    const judged = verdictsOf(set);
    const lines: string[] = [];
    for (const file of submissionsOf(set, false)) {
      const name = file.slice(0, -'.ts'.length);
      lines.push(`${judged.get(name) ?? 'not judged'}  ${name}`);
      for (const { task, pass, message } of await graded(set, file))
        if (!pass) lines.push(`  ${task}: ${message}`);
    }
    expect(lines.join('\n')).toBe(read(set, 'messages.txt').trimEnd());
  });
});
