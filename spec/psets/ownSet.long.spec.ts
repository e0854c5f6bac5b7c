import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxprop, BUILT, ROOT } from '../support/runCommand.ts';

/** Tests the commands with a problem set of one's own, in a project that has installed boxprop. */

let project: string;
/** The set of the guide, in that project. */
let example: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'boxprop-own-set-'));
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(BUILT, join(project, 'node_modules', 'boxprop'), 'junction');
  cpSync(join(ROOT, 'examples', 'leaky-relu'), join(project, 'leaky-relu'), { recursive: true });
  example = join(project, 'leaky-relu', 'pset.ts');
});
afterAll(() => rmSync(project, { recursive: true }));

test('the set of the guide: its handout, a wrong and a right solution, and a class', () => {
  const ann = join(project, 'ann');
  expect(boxprop('pset', 'new', '--set', example, '--dir', ann)).toMatchObject({
    status: 0,
    stderr: '',
  });
  const statement = readFileSync(join(ann, 'README.md'), 'utf8');
  expect(statement).toContain('# The leaky rectifier');
  expect(statement).not.toContain('Derivation');
  const solution = join(ann, 'solution.ts');
  const right = readFileSync(join(ROOT, 'examples/leaky-relu/solution.ts'), 'utf8');
  writeFileSync(solution, right.replace('(v > 0 ? 1 : a)', '(gradOutput[i] > 0 ? 1 : a)'));
  const wrong = boxprop('pset', 'check', ann, '--set', example);
  expect(wrong.status).toBe(1);
  expect(wrong.stdout).toMatch(
    /^pass {2}forward\nFAIL {2}backpropToInput {2}the condition uses the gradient: the input decides which slope applies\n[^]*leaky-relu: 2 of 5 points\n$/,
  );
  // The general tests apply, without a known mistake.
  writeFileSync(solution, right.replace('gradOutput[i] * (', '-gradOutput[i] * ('));
  expect(boxprop('pset', 'check', ann, '--set', example).stdout).toContain('the sign is wrong');
  writeFileSync(solution, right);
  expect(boxprop('pset', 'check', ann, '--set', example)).toMatchObject({ status: 0 });
  const out = join(project, 'out');
  expect(boxprop('pset', 'grade', ann, '--set', example, '--out', out)).toEqual({
    status: 0,
    stdout: `5/5  ${ann}\n`,
    stderr: '',
  });
}, 120_000);

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux(
  'is packed for a grading system, alone or with others (Node for Linux only)',
  () => {
    const folder = join(project, 'autograder');
    const pack = (...args: string[]) => boxprop('pset', 'package', ...args, '--seed', '5');
    expect(pack('softmax', '--set', example, '--classroom50', folder)).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('\nsoftmax, leaky-relu: hidden examples of seed 5') as string,
    });
    expect(pack('--gradescope', join(project, 'none.zip'))).toEqual({
      status: 1,
      stdout: '',
      stderr: 'boxprop: pset package: expected a name or --set FILE, got neither\n',
    });
  },
  120_000,
);

test('the template is a set that its own reference solves, and a changed set is graded again', () => {
  const set = join(project, 'my-scale');
  expect(boxprop('pset', 'create', 'my-scale', '--dir', set)).toEqual({
    status: 0,
    stdout: ['README.md', 'solution.ts', 'pset.ts'].map((file) => `${join(set, file)}\n`).join(''),
    stderr: '',
  });
  expect(boxprop('pset', 'create', 'my-scale', '--dir', set)).toMatchObject({
    status: 1,
    stderr: `boxprop: --dir: expected a folder that does not exist yet, got "${set}"\n`,
  });
  const file = join(set, 'pset.ts');
  const bob = join(project, 'bob');
  mkdirSync(bob);
  copyFileSync(join(set, 'solution.ts'), join(bob, 'solution.ts'));
  const grade = () =>
    boxprop('pset', 'grade', bob, '--set', file, '--out', join(project, 'scales')).stdout;
  expect(grade()).toBe(`10/10  ${bob}\n`);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('points: 2', 'points: 5'));
  expect(grade()).toBe(`13/13  ${bob}\n`);
  writeFileSync(file, text.replace('export default ', 'export const set = '));
  expect(boxprop('pset', 'check', bob, '--set', file)).toEqual({
    status: 1,
    stdout: '',
    stderr: `boxprop: ${file}: expected export default definePset({ name: ..., tasks: ... }), got undefined\n`,
  });
}, 120_000);

test.each([
  [
    ['check', 'lib', '--set', 'pset.ts', '--pset', 'linear'],
    '--set: expected either --set FILE or --pset NAME, got both',
  ],
  [['check', 'lib', '--set', 'none.ts'], 'none.ts: no such file'],
  [['new'], 'pset new: expected a name or --set FILE, got neither'],
  [['new', 'linear', '--set', 'pset.ts'], 'pset new: expected a name or --set FILE, got both'],
  [
    ['create', 'My Set'],
    'pset create: name: expected small letters, digits and hyphens, such as leaky-relu, got "My Set"',
  ],
])('pset %j', (args, message) => {
  expect(boxprop('pset', ...args)).toEqual({
    status: 1,
    stdout: '',
    stderr: `boxprop: ${message}\n`,
  });
});
