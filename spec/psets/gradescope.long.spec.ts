import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import {
  NO_ROOT,
  openFolder,
  pathWithoutNode,
  secondsOf,
  writeTree,
} from '../support/gradingSystem.ts';
import { boxprop, ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';
import { SUBMISSION_KINDS } from '../support/submissions.ts';

/** Gradescope's layout in a temporary folder, without Node on the PATH. */

interface Results {
  readonly score: number;
  readonly output: string;
  readonly extra_data: { readonly seconds_late: number | null };
  readonly tests: readonly {
    readonly name: string;
    readonly score: number;
    readonly max_score: number;
    readonly status: string;
    readonly output: string;
  }[];
}

let folder: string;
let root: string;
let env: { PATH: string };
beforeAll(() => {
  folder = openFolder();
  root = join(folder, 'autograder');
  const zip = join(folder, 'softmax.zip');
  expect(boxprop('pset', 'package', 'softmax', '--gradescope', zip, '--seed', '5')).toEqual({
    status: 0,
    stderr: '',
    stdout: `${zip}\nsoftmax: hidden examples of seed 5, Node for Linux x64\n`,
  });
  const source = join(root, 'source');
  mkdirSync(source, { recursive: true });
  for (const [path, data] of Object.entries(unzipSync(readFileSync(zip))))
    writeFileSync(join(source, path), data);
  expect(readdirSync(source).sort()).toEqual(['check.mjs', 'node', 'run_autograder', 'setup.sh']);
  env = { PATH: pathWithoutNode(folder) };
  const setUp = runProgram('sh', [join(source, 'setup.sh')], { env });
  expect(setUp).toMatchObject({ status: 0, stdout: `${process.version}\n` });
  copyFileSync(join(source, 'run_autograder'), join(root, 'run_autograder'));
  chmodSync(join(root, 'run_autograder'), 0o755);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Puts files into the place of a submission. */
function submit(files: Readonly<Record<string, string>>): void {
  rmSync(join(root, 'submission'), { recursive: true, force: true });
  rmSync(join(root, 'results'), { recursive: true, force: true });
  rmSync(join(root, 'submission_metadata.json'), { force: true });
  writeTree(join(root, 'submission'), files);
}

function grade(): Results {
  const ran = runProgram(join(root, 'run_autograder'), [], { env, cwd: root });
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return JSON.parse(readFileSync(join(root, 'results', 'results.json'), 'utf8')) as Results;
}

test.each(SUBMISSION_KINDS)(
  'a submission that is $kind: a valid result within 10 s',
  ({ files, points, message }) => {
    submit(files);
    let results: Results | undefined;
    expect(secondsOf(() => void (results = grade()))).toBeLessThan(10);
    expect(results).toMatchObject({ score: points, extra_data: { seconds_late: null } });
    const tests = results?.tests ?? [];
    expect(tests.map(({ name, max_score }) => [name, max_score])).toEqual([
      ['forward', 2],
      ['backpropToInput', 4],
      ['crossEntropy', 2],
      ['crossEntropyToInput', 2],
    ]);
    expect(tests.reduce((sum, { score }) => sum + score, 0)).toBe(points);
    const output = tests.map((one) => one.output).join('\n');
    expect(output).toContain(message);
    expect(readdirSync(join(root, 'results'))).toEqual(['results.json']);
  },
  120_000,
);

test('a late submission is reported, and an extension counts', () => {
  submit(SUBMISSION_KINDS[0].files);
  const write = (users: readonly unknown[]) => {
    const metadata = {
      created_at: '2026-03-02T12:05:00.000000-05:00',
      assignment: { due_date: '2026-03-02T10:00:00.000000-05:00' },
      users,
    };
    writeFileSync(join(root, 'submission_metadata.json'), JSON.stringify(metadata));
  };
  write([{ name: 'Ann' }]);
  const late = grade();
  expect(late.score).toBe(10);
  expect(late.output).toMatch(/^late: submitted 2 h 5 min after the due date\n/);
  expect(late.extra_data.seconds_late).toBe(7500);
  write([{ name: 'Ann', assignment: { due_date: '2026-03-09T10:00:00.000000-05:00' } }]);
  expect(grade().extra_data.seconds_late).toBe(0);
});

test('there is a result when the grader cannot start, is damaged, or finds no folder', () => {
  const failed = 'not graded: the grader did not finish; please tell your lecturer';
  submit(SUBMISSION_KINDS[0].files);
  const check = join(root, 'source', 'check.mjs');
  const text = readFileSync(check);
  const broken = (change: () => void): Results => {
    change();
    runProgram(join(root, 'run_autograder'), [], { env, cwd: root });
    writeFileSync(check, text);
    return JSON.parse(readFileSync(join(root, 'results', 'results.json'), 'utf8')) as Results;
  };
  for (const change of [
    () => writeFileSync(check, text.subarray(0, text.length / 2)),
    () => writeFileSync(check, 'process.exit(0)'),
    () => writeFileSync(check, 'process.kill(process.pid, "SIGKILL")'),
    () => rmSync(join(root, 'submission'), { recursive: true }),
  ]) {
    const results = broken(change);
    expect(results).toMatchObject({ score: 0 });
    expect(results.output).toContain(failed);
    expect(results.tests.map(({ max_score }) => max_score)).toEqual([2, 4, 2, 2]);
  }
}, 120_000);

test('a syntax error has its place in the submission once', () => {
  submit({ 'solution.ts': 'export const one = 1;\nfunction (' });
  expect(grade().tests[0].output).toBe(
    'FAIL  forward  the file cannot be loaded: SyntaxError: solution.ts, line 2, column 10: Unexpected token',
  );
});

describe('a submission may not', () => {
  test('hand in a link to the grader', () => {
    submit({ 'notes.txt': '' });
    symlinkSync(join(root, 'source', 'check.mjs'), join(root, 'submission', 'solution.js'));
    const { score, output } = grade();
    expect(score).toBe(0);
    expect(output).toContain('solution.js is a link, and links are not followed');
  });

  test('import a reference, or a module of Node', () => {
    for (const name of ['boxprop', join(ROOT, 'psets/softmax/solution.ts'), 'node:fs']) {
      submit({ 'solution.js': `export * from '${name}';` });
      const { score, tests } = grade();
      expect(score).toBe(0);
      expect(tests[0].output).toContain(
        `it imports ${name}, and may import only files of its own folder`,
      );
    }
  }, 60_000);

  test('contain the reference solution in the package', () => {
    const check = readFileSync(join(root, 'source', 'check.mjs'), 'utf8');
    const solution = readFileSync(join(ROOT, 'psets/softmax/solution.ts'), 'utf8');
    const code = solution.split('\n').filter((line) => /^ {2}(return|const) /.test(line));
    const bare = (text: string) => text.replace(/\s/g, '');
    expect(code.length).toBeGreaterThan(5);
    for (const line of code) expect(bare(check)).not.toContain(bare(line).replace(/;$/, ''));
  });
});

(NO_ROOT ? test.skip : test)(`the checker is closed to other users${NO_ROOT}`, () => {
  expect(statSync(join(root, 'source', 'check.mjs')).mode & 0o777).toBe(0o600);
  expect(existsSync(join(root, 'source', 'node'))).toBe(true);
});
