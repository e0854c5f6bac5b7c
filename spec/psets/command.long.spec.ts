import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxprop, MAIN, ROOT } from '../support/runCommand.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'boxprop-psets-'))));
afterAll(() => rmSync(folder, { recursive: true }));

test('from the handout to a full score, and the grades of a class', () => {
  const [ann, bob] = ['ann', 'bob'].map((name) => join(folder, name));
  expect(boxprop('pset', 'new', 'convolution', '--dir', ann)).toMatchObject({
    status: 0,
    stderr: '',
  });
  expect(boxprop('pset', 'new', 'convolution', '--dir', ann)).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `boxprop: --dir: expected a folder that does not exist yet, got "${ann}"\n`,
  });
  expect(boxprop('pset', 'new', 'convolution', '--dir', bob, '--js').status).toBe(0);
  expect(boxprop('pset', 'check', ann)).toEqual({
    status: 1,
    stderr: '',
    stdout: [
      'FAIL  forward           not implemented yet',
      'FAIL  backpropToInput   not implemented yet',
      'FAIL  backpropToParams  not implemented yet',
      'convolution: 0 of 10 points',
      '',
    ].join('\n'),
  });
  const solution = join(ROOT, 'psets', 'convolution', 'solution.ts');
  copyFileSync(solution, join(ann, 'solution.ts'));
  expect(boxprop('pset', 'check', ann)).toMatchObject({ status: 0 });
  const wrong = readFileSync(solution, 'utf8').replace('gradWeight[m] += ', 'gradWeight[m] -= ');
  writeFileSync(join(ann, 'solution.ts'), wrong);
  expect(boxprop('pset', 'check', ann).stdout).toMatch(
    /FAIL {2}backpropToParams {2}the sign is wrong: every number has the opposite sign\n {6}gradOutput = \[.+\n {6}expected \[.+\n {6}got {6}\[.+\nconvolution: 7 of 10 points\n$/,
  );
  const out = join(folder, 'out');
  const graded = boxprop('pset', 'grade', ann, bob, '--out', out);
  expect(graded).toEqual({ status: 0, stderr: '', stdout: `7/10  ${ann}\n0/10  ${bob}\n` });
  const csv = readFileSync(join(out, 'grades.csv'), 'utf8');
  expect(csv.split('\r\n')[1]).toBe(
    '"ann",7,10,3,"pass",4,"pass",0,"the sign is wrong: every number has the opposite sign"',
  );
  expect(readFileSync(join(out, 'grades.html'), 'utf8')).toContain('data-value="0">0/10</td>');
  // Unchanged submissions are not graded again, but changed ones are.
  copyFileSync(solution, join(bob, 'solution.js'));
  writeFileSync(join(bob, 'solution.js'), 'export const forward = (x) => x;');
  expect(boxprop('pset', 'grade', ann, bob, '--out', out).stdout).toBe(graded.stdout);
  expect(readFileSync(join(out, 'grades.html'), 'utf8')).toContain(
    'missing: the file does not export it',
  );
}, 120_000);

test.each([
  [
    ['pset', 'new', 'nothing'],
    'pset: expected one of linear, pointwise, euclidean, backprop-example, convolution, max-pooling, softmax, batch-norm, prelu, contrast-norm, dropout, got "nothing"',
  ],
  [
    ['pset', 'check', '.'],
    '--pset: expected the name of a problem set, because "." has no package.json that names one',
  ],
  [
    ['pset', 'check', 'lib', '--pset', 'convolution'],
    'lib: expected solution.ts or solution.js, found neither',
  ],
])('%j', (args, message) => {
  expect(boxprop(...args)).toEqual({ status: 1, stdout: '', stderr: `boxprop: ${message}\n` });
});

test('a killed grading continues where it stopped, and has the same result as an uninterrupted one', async () => {
  const solution = readFileSync(join(ROOT, 'psets', 'dropout', 'solution.ts'), 'utf8');
  const dirs = Array.from({ length: 10 }, (_, n) => {
    const dir = join(folder, `student${n}`);
    mkdirSync(dir);
    const text = n % 2 === 0 ? solution : solution.replace('v / (1 - p)', 'v');
    writeFileSync(join(dir, 'solution.ts'), `// ${n}\n${text}`);
    return dir;
  });
  const grade = (out: string) => [
    'pset',
    'grade',
    ...dirs,
    '--pset',
    'dropout',
    '--out',
    join(folder, out),
  ];
  const whole = boxprop(...grade('whole'));
  expect(whole).toMatchObject({ status: 0, stderr: '' });
  const kept = join(folder, 'killed', 'kept');
  const files = () =>
    existsSync(kept) ? readdirSync(kept).filter((file) => file.endsWith('.json')) : [];
  const child = spawn(process.execPath, [MAIN, ...grade('killed')], { cwd: ROOT });
  const ended = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));
  while (files().length < 3 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  const written = () =>
    Object.fromEntries(files().map((file) => [file, statSync(join(kept, file)).mtimeMs]));
  const before = written();
  expect(Object.keys(before).length).toBeGreaterThanOrEqual(3);
  expect(Object.keys(before).length).toBeLessThan(10);
  expect(boxprop(...grade('killed'))).toEqual(whole);
  expect(written()).toMatchObject(before);
  expect(files()).toHaveLength(10);
  const [a, b] = ['whole', 'killed'].map((name) =>
    readFileSync(join(folder, name, 'grades.csv'), 'utf8'),
  );
  expect(b).toBe(a);
}, 120_000);
