import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as losses from '../../losses/index.ts';
import * as modules from '../../modules/index.ts';
import { boxNames, type GradcheckReport } from '../../gradcheck/index.ts';
import { boxprop, BUILT } from '../support/runCommand.ts';

let folder: string;
// The folder is inside the project, so that a user's file can import boxprop and tfjs.
beforeAll(() => (folder = mkdtempSync(join(BUILT, 'spec-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function userFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const HEADER = `import { mul, tidy } from '@tensorflow/tfjs-core';\nimport { Module, scalar } from 'boxprop';\n`;

/** A user's box whose gradient is `factor` times too large. */
const doubled = (factor: number) => `${HEADER}
export class Twice extends Module {
  forward(input: any) { return { output: tidy(() => mul(input, scalar(2))), cache: {} }; }
  backpropToInput(gradOutput: any) { return tidy(() => mul(gradOutput, scalar(${2 * factor}))); }
}
export const cases = {
  Twice: (draw: any) => ({ config: 'Twice()', box: new Twice(), input: draw.normal([2, 3]) }),
};`;

test('every exported box and cost is checked in float64 with fifty cases', () => {
  const { status, stdout } = boxprop('gradcheck', '--cases', '50', '--json', '-');
  const report = JSON.parse(stdout) as GradcheckReport;
  expect(report).toMatchObject({ pass: true, backend: 'float64', seed: 0 });
  expect(status).toBe(0);
  expect(Math.max(...report.results.map(({ maxError }) => maxError))).toBeLessThan(1e-7);
  for (const name of boxNames({ ...modules, ...losses })) {
    const ofBox = report.results.filter((result) => result.name === name);
    expect(new Set(ofBox.map(({ config }) => config)).size).toBe(50);
    expect(ofBox.some(({ tensor, checked }) => tensor.startsWith('input') && checked > 0)).toBe(
      true,
    );
  }
});

test.each(['wasm', 'cpu'])('on %s every box computes the same as float64', (backend) => {
  const { status, stdout } = boxprop(
    'gradcheck',
    '--backend',
    backend,
    '--cases',
    '25',
    '--json',
    '-',
  );
  const report = JSON.parse(stdout) as GradcheckReport;
  expect(report.results.filter(({ pass }) => !pass)).toEqual([]);
  expect(report.backend).toBe(backend);
  expect(status).toBe(0);
});

test('names, cases and seed select the checks; the table has a row per box and a verdict', () => {
  const { status, stdout } = boxprop('gradcheck', 'Tanh', 'Linear', '--cases', '3', '--seed', '7');
  expect(stdout).toMatch(/│ Tanh +│ +3 │ input +│ +\d+ │ +0 │ +[\d.e-]+ │ pass │/);
  expect(stdout).toMatch(/│ Linear +│ +3 │ input, weight, bias +│/);
  expect(stdout).toMatch(/float64, seed 7: every gradient agrees\n$/);
  expect(stdout).not.toMatch(/Conv2D/);
  expect(status).toBe(0);
});

test("a user's box is checked from its file, and the results are written to a file", () => {
  const file = userFile('twice.ts', doubled(1));
  const json = join(folder, 'report.json');
  expect(boxprop('gradcheck', '--module', file, '--json', json)).toMatchObject({
    status: 0,
    stderr: '',
  });
  const { results } = JSON.parse(readFileSync(json, 'utf8')) as GradcheckReport;
  expect(new Set(results.map(({ name }) => name))).toEqual(new Set(['Twice']));
});

test("a wrong gradient of a user's box fails with its diagnosis and exit status 1", () => {
  const { status, stdout } = boxprop(
    'gradcheck',
    '--module',
    userFile('wrong.ts', doubled(1.5)),
    '--cases',
    '1',
  );
  expect(stdout).toMatch(
    /FAIL Twice\(\) #0: input\[0, 0\]: analytic \S+, numeric \S+, step 1\.0e-5 and 5 more of 6; looks like this: off by a factor 1\.5\n/,
  );
  expect(stdout).toMatch(/float64, seed 0: 1 of 2 checks fail\n$/);
  expect(status).toBe(1);
});

test('a user box without a case fails', () => {
  const file = userFile('none.ts', doubled(1).replace('Twice: (draw', 'Other: (draw'));
  const { status, stdout } = boxprop('gradcheck', '--module', file);
  expect(stdout).toMatch(/FAIL Twice: output: is exported and has no gradient-check case\n/);
  expect(status).toBe(1);
});

test.each([
  [['Linaer'], /^boxprop: unknown box or cost "Linaer"; did you mean Linear\?\n$/],
  [['Conv2d'], /^boxprop: unknown box or cost "Conv2d"; did you mean Conv2D\?\n$/],
  [['Transformer'], /^boxprop: unknown box or cost "Transformer"; expected one of .*Linear.*\n$/],
  [['--cases', '0'], /^boxprop: --cases: expected an integer of at least 1, got "0"\n$/],
  [['--seed', 'x'], /^boxprop: --seed: expected an integer of at least 0, got "x"\n$/],
  [
    ['--backend', 'wsm'],
    /^boxprop: --backend: expected one of auto, tensorflow-gpu, tensorflow, webgpu, wasm, cpu, float64, got "wsm"\n$/,
  ],
  [['--module', './no-such.ts'], /^boxprop: \.\/no-such\.ts: no such file\n$/],
  [
    ['--colour'],
    /^boxprop: unknown option --colour; expected one of --backend, --simd, --cases, --seed, --json, --module, --weights, --input, --help\n$/,
  ],
] as const)('refuses %j in one line', (args, message) => {
  const { status, stdout, stderr } = boxprop('gradcheck', ...args);
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

test('a user file that exports no box, or odd cases, is refused in one line', () => {
  const empty = boxprop('gradcheck', '--module', userFile('empty.ts', 'export const cases = {};'));
  expect(empty.stderr).toMatch(
    /empty\.ts: expected an exported class that extends Module or Cost, got none\n$/,
  );
  const odd = boxprop(
    'gradcheck',
    '--module',
    userFile('odd.ts', doubled(1).replace('(draw: any) =>', '7 ??')),
  );
  expect(odd.stderr).toMatch(
    /^boxprop: .*expected cases to be an object of functions, one per box/,
  );
  expect([empty.status, odd.status]).toEqual([1, 1]);
});
