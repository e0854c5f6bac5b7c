import {
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openFolder, pathWithoutNode, secondsOf, writeTree } from '../support/gradingSystem.ts';
import { boxprop } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';
import { SUBMISSION_KINDS } from '../support/submissions.ts';

/** The layouts of Classroom 50 and PrairieLearn in a temporary folder, without Node on the PATH. */

let folder: string;
let env: Record<string, string>;
beforeAll(() => {
  folder = openFolder();
  env = { PATH: pathWithoutNode(folder) };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The submissions for which both systems are tried. */
const KINDS = SUBMISSION_KINDS.filter(({ kind }) =>
  ['right', 'wrong', 'hanging in every function', 'crashing', 'missing'].includes(kind),
);

describe('Classroom 50', () => {
  const GIVEN = {
    CLASSROOM: 'autumn',
    ASSIGNMENT: 'softmax',
    SUBMISSION_TAG: 'submit/1',
    COMMIT_URL: 'https://example.org/commit/1',
    RELEASE_URL: 'https://example.org/release/1',
  };
  let grader: string;
  beforeAll(() => {
    grader = join(folder, 'autumn', 'autograders', 'softmax');
    const made = boxprop('pset', 'package', 'softmax', '--classroom50', grader);
    expect(made).toMatchObject({ status: 0, stderr: '' });
  }, 120_000);

  const grade = (checkout: string) => {
    const program = join(grader, 'autograder.py');
    const ran = runProgram('python3', [program], { cwd: checkout, env: { ...env, ...GIVEN } });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    return JSON.parse(readFileSync(join(checkout, 'result.json'), 'utf8')) as Record<
      string,
      unknown
    >;
  };

  test.each(KINDS)(
    'a submission that is $kind',
    ({ kind, files, points }) => {
      const checkout = writeTree(join(folder, `checkout ${kind}`), files);
      let result: Record<string, unknown> = {};
      expect(secondsOf(() => void (result = grade(checkout)))).toBeLessThan(10);
      const { tests, datetime, ...rest } = result;
      expect(rest).toEqual({
        schema: 'classroom50/result/v1',
        classroom: 'autumn',
        assignment: 'softmax',
        submission: 'submit/1',
        commit: 'https://example.org/commit/1',
        release: 'https://example.org/release/1',
        review: 'https://example.org/commit/1',
        score: points,
        'max-score': 10,
      });
      expect(datetime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const scores = (tests as Record<string, unknown>[]).map((test) => [
        test.score,
        test['max-score'],
      ]);
      expect(scores.flat().every(Number.isInteger)).toBe(true);
      expect(scores).toHaveLength(4);
    },
    120_000,
  );

  test('a link result.json in the submission is replaced, and not followed', () => {
    const checkout = writeTree(join(folder, 'linked'), KINDS[0].files);
    const other = join(folder, 'other.json');
    writeFileSync(other, 'mine');
    symlinkSync(other, join(checkout, 'result.json'));
    expect(grade(checkout).score).toBe(10);
    expect(readFileSync(other, 'utf8')).toBe('mine');
    expect(lstatSync(join(checkout, 'result.json')).isSymbolicLink()).toBe(false);
  }, 60_000);

  test('a damaged checker leaves a result without points', () => {
    const checkout = writeTree(join(folder, 'damaged'), KINDS[0].files);
    const check = join(grader, 'check.mjs');
    const text = readFileSync(check);
    writeFileSync(check, 'process.exit(1)');
    const result = grade(checkout);
    writeFileSync(check, text);
    expect(result).toMatchObject({ score: 0, 'max-score': 10, classroom: 'autumn' });
  }, 60_000);
});

describe('PrairieLearn', () => {
  let question: string;
  let root: string;
  beforeAll(() => {
    question = join(folder, 'question');
    const made = boxprop('pset', 'package', 'softmax', '--prairielearn', question);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    root = join(folder, 'grade');
    mkdirSync(root);
    cpSync(join(question, 'tests'), join(root, 'tests'), { recursive: true });
  }, 120_000);

  test.each(KINDS)(
    'a submission that is $kind',
    ({ files, points, message }) => {
      rmSync(join(root, 'student'), { recursive: true, force: true });
      rmSync(join(root, 'results'), { recursive: true, force: true });
      writeTree(join(root, 'student'), files);
      const grade = () => {
        const ran = runProgram('sh', [join(root, 'tests', 'run.sh')], { env, cwd: root });
        expect(ran).toMatchObject({ status: 0, stderr: '' });
      };
      expect(secondsOf(grade)).toBeLessThan(10);
      const text = readFileSync(join(root, 'results', 'results.json'), 'utf8');
      const result = JSON.parse(text) as { tests: { message: string }[] };
      expect(result).toMatchObject({ gradable: true, score: points / 10 });
      expect(result.tests.map((test) => test.message).join('\n')).toContain(message);
    },
    120_000,
  );

  test('the question shows the statement and edits the skeleton', () => {
    const html = readFileSync(join(question, 'question.html'), 'utf8');
    expect(html).toContain('Softmax turns scores into probabilities');
    expect(html).not.toContain('Derivation');
    expect(html).toContain('<pl-file-editor file-name="solution.ts"');
    expect(readFileSync(join(question, 'solution.ts'), 'utf8')).toContain('not implemented yet');
    const info = JSON.parse(readFileSync(join(question, 'info.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(info).toMatchObject({ gradingMethod: 'External', type: 'v3' });
  });
});

test.each([
  [
    ['pset', 'package', 'softmax'],
    'pset package: expected one of --gradescope FILE.zip, --classroom50 DIR and --prairielearn DIR, got none',
  ],
  [
    ['pset', 'package', 'softmax', '--gradescope', 'a.zip', '--prairielearn', 'b'],
    'pset package: expected one of --gradescope FILE.zip, --classroom50 DIR and --prairielearn DIR, got --gradescope and --prairielearn',
  ],
  [
    ['pset', 'package', 'softmax', '--classroom50', 'lib'],
    '--classroom50: expected a path that does not exist yet, got "lib"',
  ],
  [
    ['pset', 'package', 'softmax', 'softmax', '--classroom50', 'runs/none'],
    'pset: expected each name once, got "softmax" again',
  ],
  [
    ['pset', 'package', 'softmax', '--classroom50', 'runs/none', '--node', 'package.json'],
    '--node: expected Node for Linux x64 or arm64, as from nodejs.org, got another file: "package.json"',
  ],
])('%j is refused', (args, message) => {
  expect(boxprop(...args)).toEqual({ status: 1, stdout: '', stderr: `boxprop: ${message}\n` });
});
