import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@babel/core';
import { boxprop, ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

/** Tests that no wrong answer gets points, and that no submission affects another. */

let folder: string;
/** The reference solution of `linear`, without its types. */
let reference: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-fairness-'));
  const source = readFileSync(join(ROOT, 'psets', 'linear', 'solution.ts'), 'utf8');
  const options = { filename: 'solution.ts', babelrc: false, configFile: false };
  reference =
    transformSync(source, { ...options, presets: ['@babel/preset-typescript'] })?.code ?? '';
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a submission, and returns its folder. */
function submission(name: string, files: Readonly<Record<string, string>>, pset = 'linear') {
  const dir = join(folder, name);
  mkdirSync(dir, { recursive: true });
  const manifest = { type: 'module', boxprop: { pset } };
  for (const [file, text] of Object.entries({
    'package.json': JSON.stringify(manifest),
    ...files,
  }))
    writeFileSync(join(dir, file), text);
  return dir;
}

/** The points of submissions, graded one after the other. */
function grade(out: string, ...dirs: string[]): string[] {
  const where = ['--jobs', '1', '--out', join(folder, out)];
  const { status, stdout, stderr } = boxprop('pset', 'grade', ...dirs, ...where);
  expect([status, stderr]).toEqual([0, '']);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0]);
}

/** The message about each function, and the points. */
function check(dir: string): { messages: string[]; points: number } {
  const { stderr, stdout } = boxprop('pset', 'check', dir, '--json');
  expect(stderr).toBe('');
  const { tasks, points } = JSON.parse(stdout) as { tasks: { message: string }[]; points: number };
  return { messages: [...new Set(tasks.map(({ message }) => message))], points };
}

const ONLY = "export * from './helper.js';\n";
const WRONG = 'export const forward = () => 1;\n';

test('everything that a submission imports counts', () => {
  const bob = submission('bob', { 'solution.js': ONLY, 'helper.js': reference });
  const ann = submission('ann', { 'solution.js': ONLY, 'helper.js': WRONG });
  expect(grade('grades', bob, ann)).toEqual(['10/10', '0/10']);
  expect(grade('grades', bob, ann)).toEqual(['10/10', '0/10']);
  writeFileSync(join(ann, 'helper.js'), reference);
  writeFileSync(join(bob, 'helper.js'), WRONG);
  expect(grade('grades', bob, ann)).toEqual(['0/10', '10/10']);
});

test('a file of CommonJS and one of TypeScript import files of their own folder', () => {
  const names = ['forward', 'backpropToInput', 'backpropToWeight', 'backpropToBias'];
  const commonJs = submission('commonjs', {
    'package.json': '{ "boxprop": { "pset": "linear" } }',
    'helper.js': `${reference.replaceAll('export function', 'function')}\nmodule.exports = { ${names.join(', ')} };`,
    'solution.js': `const all = require('./helper.js');\n${names.map((name) => `exports.${name} = all.${name};`).join('\n')}`,
  });
  const typed = submission('typed', {
    'helper.ts': readFileSync(join(ROOT, 'psets', 'linear', 'solution.ts'), 'utf8'),
    'solution.ts': "export * from './helper.ts';",
  });
  expect(grade('kinds', commonJs, typed)).toEqual(['10/10', '10/10']);
});

const unix = process.platform !== 'win32';
(unix ? test : test.skip)(
  `a pipe in place of package.json is not awaited${unix ? '' : ' (skipped: Unix only)'}`,
  () => {
    const dir = submission('pipe', { 'solution.js': WRONG });
    rmSync(join(dir, 'package.json'));
    runProgram('mkfifo', [join(dir, 'package.json')]);
    expect(boxprop('pset', 'grade', dir, '--out', join(folder, 'pipes'))).toMatchObject({
      status: 1,
      stderr: `boxprop: --pset: expected the name of a problem set, because "${dir}" has no package.json that names one\n`,
    });
  },
);

describe('a submission may not', () => {
  const outside = (specifier: string) =>
    `the file cannot be loaded: Error: it imports ${specifier}, and may import only files of its own folder`;

  beforeAll(() => submission('victim', { 'solution.js': reference }));

  test.each([
    ["export * from '../victim/solution.js';", '../victim/solution.js'],
    ["export const { forward } = await import('../victim/solution.js');", '../victim/solution.js'],
    ["import { readFileSync } from 'node:fs';", 'node:fs'],
  ])('import from elsewhere: %s', (source, specifier) => {
    const dir = submission(`outside-${specifier.length}-${source.length}`, {
      'solution.js': source,
    });
    expect(check(dir)).toEqual({ messages: [outside(specifier)], points: 0 });
  });

  test.each([
    [
      'solution.js',
      "exports.forward = require('../victim/solution.js').forward;",
      '../victim/solution.js',
    ],
    ['solution.js', "exports.fs = require('fs');", 'fs'],
    ['solution.ts', "import 'node:fs';", 'node:fs'],
    ['solution.js', "exports.fs = require('node:fs');", 'node:fs'],
  ])('require from elsewhere, in a folder of CommonJS: %s %s', (file, source, specifier) => {
    const dir = submission(`requires-${specifier.length}-${source.length}`, {
      'package.json': '{ "boxprop": { "pset": "linear" } }',
      [file]: source,
    });
    expect(check(dir)).toEqual({ messages: [outside(specifier)], points: 0 });
  });

  test('hand in a link to the file of another', () => {
    const dir = submission('links', { 'solution.js': ONLY });
    symlinkSync(join('..', 'victim', 'solution.js'), join(dir, 'helper.js'));
    expect(check(dir)).toEqual({ messages: [outside('./helper.js')], points: 0 });
  });

  test('get points for gradients of a forward that ignores its input', () => {
    const dir = submission('zeros', {
      'solution.js': `
        export const forward = (x, W, b) => x.map(() => W.map(() => 0));
        export const backpropToInput = (g, x, W) => x.map((row) => row.map(() => 0));
        export const backpropToWeight = (g, x, W) => W.map((row) => row.map(() => 0));
        export const backpropToBias = (g, b) => b.map(() => 0);`,
    });
    expect(check(dir)).toEqual({ messages: ['every number is 0'], points: 0 });
  });

  test.each([
    ['end with success', 'process.exit(0);', 'ends the process'],
    [
      'send answers of its own',
      "process.send({ kind: 'loaded' });",
      'the file cannot be loaded: TypeError: process.send is not a function',
    ],
    ['break the lists of the grader', 'Array.prototype.map = () => [1];', 'ends the process'],
  ])('%s', (name, line, message) => {
    const dir = submission(name.replaceAll(' ', '-'), { 'solution.js': `${line}\n${reference}` });
    expect(check(dir)).toEqual({ messages: [message], points: 0 });
  });

  test('hide that it changes its input', () => {
    const hiding = `
      JSON.stringify = () => '';
      globalThis.structuredClone = (value) => value;
      Array.prototype.toJSON = () => 0;
      ${reference.replace('return x.map', 'x[0][0] = 7;\n  return x.map')}`;
    const dir = submission('hiding', { 'solution.js': hiding });
    expect(check(dir).messages).toContain('mutates its input: an argument differs after the call');
  });

  test('take memory without end, in typed arrays either', () => {
    const dir = submission('hungry', {
      'solution.js': `${reference}
        const all = [];
        while (all.length < 2000) all.push(new Float64Array(1e6).fill(1));`,
    });
    expect(check(dir)).toEqual({
      messages: ['needs more than 256 MiB of memory: does a list grow without end?'],
      points: 0,
    });
  });
});

test('submissions of the same name are told apart', () => {
  const [a, b] = ['monday', 'tuesday'].map((day) =>
    submission(join(day, 'bob'), { 'solution.js': day === 'monday' ? reference : WRONG }),
  );
  expect(grade('same', a, b)).toEqual(['10/10', '0/10']);
  const [, ...rows] = readFileSync(join(folder, 'same', 'grades.csv'), 'utf8').split('\r\n');
  expect(rows.map((row) => row.split(',')[0])).toEqual([`"${a}"`, `"${b}"`, '']);
});

test('a damaged report is not believed', () => {
  const dir = submission('kept', { 'solution.js': reference });
  expect(grade('damaged', dir)).toEqual(['10/10']);
  const kept = join(folder, 'damaged', 'kept');
  for (const file of readdirSync(kept)) writeFileSync(join(kept, file), '{"points":99}');
  expect(grade('damaged', dir)).toEqual(['10/10']);
});

test('a folder twice, and one of another problem set, are refused', () => {
  const dir = submission('twice', { 'solution.js': reference });
  const other = submission('other', { 'solution.js': WRONG }, 'softmax');
  const out = ['--out', join(folder, 'refused')];
  expect(boxprop('pset', 'grade', dir, `${dir}/.`, ...out)).toEqual({
    status: 1,
    stdout: '',
    stderr: `boxprop: expected each folder once, got "${dir}/." again\n`,
  });
  expect(boxprop('pset', 'grade', dir, other, ...out)).toEqual({
    status: 1,
    stdout: '',
    stderr: `boxprop: ${other}: expected the problem set linear, as in "${dir}", got "softmax"; --pset NAME decides\n`,
  });
});
