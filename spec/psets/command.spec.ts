import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxprop, ROOT } from '../cli/run.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'boxprop-psets-'))));
afterAll(() => rmSync(folder, { recursive: true }));

test('from the handout to a full score, and a class', () => {
  const [ann, bob] = ['ann', 'bob'].map((name) => join(folder, name));
  expect(boxprop('pset', 'new', 'convolution', '--dir', ann)).toMatchObject({ status: 0, stderr: '' });
  expect(boxprop('pset', 'new', 'convolution', '--dir', ann)).toMatchObject({
    ...{ status: 1, stdout: '' },
    stderr: `boxprop: --dir: expected a folder that is not there yet, got "${ann}"\n`,
  });
  expect(boxprop('pset', 'new', 'convolution', '--dir', bob, '--js').status).toBe(0);
  expect(boxprop('pset', 'check', ann)).toEqual({
    ...{ status: 1, stderr: '' },
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
    /FAIL {2}backpropToParams {2}the sign is wrong: every number has the opposite one\n {6}gradOutput = \[.+\n {6}expected \[.+\n {6}got {6}\[.+\nconvolution: 7 of 10 points\n$/,
  );
  const out = join(folder, 'out');
  const graded = boxprop('pset', 'grade', ann, bob, '--out', out);
  expect(graded).toEqual({ status: 0, stderr: '', stdout: `7/10  ${ann}\n0/10  ${bob}\n` });
  const csv = readFileSync(join(out, 'grades.csv'), 'utf8');
  expect(csv.split('\r\n')[1]).toBe(
    '"ann",7,10,3,"pass",4,"pass",0,"the sign is wrong: every number has the opposite one"',
  );
  expect(readFileSync(join(out, 'grades.html'), 'utf8')).toContain('<td>bob</td><td>0/10</td>');
  // What is kept is not graded again, what has changed is.
  copyFileSync(solution, join(bob, 'solution.js'));
  writeFileSync(join(bob, 'solution.js'), 'export const forward = (x) => x;');
  expect(boxprop('pset', 'grade', ann, bob, '--out', out).stdout).toBe(graded.stdout);
  expect(readFileSync(join(out, 'grades.html'), 'utf8')).toContain('missing: the file does not export it');
}, 120_000);

test.each([
  [
    ['pset', 'new', 'nothing'],
    'pset: expected one of linear, pointwise, euclidean, backprop-example, convolution, max-pooling, softmax, batch-norm, prelu, contrast-norm, dropout, got "nothing"',
  ],
  [['pset', 'check', '.'], '--pset: expected the problem set of ".", which does not say, got none'],
  [
    ['pset', 'check', 'lib', '--pset', 'convolution'],
    'lib: expected solution.ts or solution.js, found neither',
  ],
])('%j', (args, message) => {
  expect(boxprop(...args)).toEqual({ status: 1, stdout: '', stderr: `boxprop: ${message}\n` });
});
