import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { psets } from '../../psets/index.ts';
import { handout, splitReadme } from '../../psets/grader/handout.ts';
import type { Student } from '../../psets/grader/student.ts';
import { checkPset } from '../../psets/grader/check.ts';
import type { Pset } from '../../psets/grader/pset.ts';
import { Rng } from '../../lib/rng.ts';
import { BUILT, ROOT } from '../support/runCommand.ts';
import { BY_FOURIER, SUBMISSIONS, UNUSUAL } from '../support/psetMistakes.ts';
import { untyped } from '../support/untyped.ts';

const text = (pset: Pset, file: string) =>
  readFileSync(join(ROOT, 'psets', pset.name, file), 'utf8');

const statementOf = (pset: Pset) => splitReadme(pset.name, text(pset, 'README.md')).statement;

let folder: string;
let Built: typeof Student;
beforeAll(async () => {
  folder = mkdtempSync(join(BUILT, 'psets-'));
  // The compiled grader, as users install it. From the sources it would take three times as long to
  // start.
  ({ Student: Built } = (await import(join(BUILT, 'dist/psets/grader/student.js'))) as {
    Student: typeof Student;
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
async function graded(pset: Pset, source: string, kind = 'ts', where = folder) {
  const file = join(where, `solution${files++}.${kind}`);
  writeFileSync(file, source);
  return checkPset(pset, new Built(file, { seconds: 3, memory: 256 }), new Rng(1));
}

test('every problem set has at least eight wrong submissions', () => {
  expect(Object.keys(SUBMISSIONS)).toEqual(psets.map(({ name }) => name));
  for (const wrong of Object.values(SUBMISSIONS)) expect(wrong.length).toBeGreaterThanOrEqual(8);
});

describe.each(psets)('$name', (pset) => {
  test('its reference solution passes', async () => {
    const { tasks, points, maxPoints } = await graded(pset, text(pset, 'solution.ts'));
    expect(tasks.map(({ message }) => message)).toEqual(tasks.map(() => 'pass'));
    expect(points).toBe(maxPoints);
  });

  test('an unusual but correct solution passes', async () => {
    const { points, maxPoints } = await graded(pset, UNUSUAL[pset.name as keyof typeof UNUSUAL]);
    expect(points).toBe(maxPoints);
  });

  test.each(['ts', 'js'])('its empty %s skeleton is not implemented yet', async (kind) => {
    const written = handout(pset, statementOf(pset), kind === 'js');
    const { tasks, points } = await graded(pset, written[`solution.${kind}`], kind);
    expect(tasks.map(({ message }) => message)).toEqual(
      pset.tasks.map(() => 'not implemented yet'),
    );
    expect(points).toBe(0);
  });

  test('no line of the solution or the derivation leaks into the handout', () => {
    const written = Object.values(handout(pset, statementOf(pset), false)).join('\n');
    const [, derivation] = text(pset, 'README.md').split(/^## Derivation/m);
    const secrets = [...text(pset, 'solution.ts').split('\n'), ...derivation.split('\n')]
      .map((line) => line.trim())
      .filter(
        (line) => line.length > 12 && !/^(export |p = |\w+: [^=]+,$|\): [^=]+ \{$)/.test(line),
      );
    expect(secrets.length).toBeGreaterThan(20);
    const leaked = secrets.filter((line) => written.includes(line));
    expect(leaked).toEqual([]);
  });

  test.each(SUBMISSIONS[pset.name as keyof typeof SUBMISSIONS])(
    '$task: $planted',
    async ({ planted, edits, task }) => {
      let source = text(pset, 'solution.ts');
      for (const [from, to] of edits) {
        expect(source).toContain(from);
        source = source.replace(from, () => to);
      }
      const { tasks, points, maxPoints } = await graded(pset, untyped(source), 'js');
      expect(points).toBeLessThan(maxPoints);
      const found = tasks.find((one) => one.task === task);
      expect(found?.pass).toBe(false);
      expect(found?.message).toContain(planted);
    },
  );
});

test('a convolution by discrete Fourier transforms passes', async () => {
  const convolution = psets.find(({ name }) => name === 'convolution') ?? psets[0];
  const { tasks, points, maxPoints } = await graded(convolution, BY_FOURIER);
  expect(tasks.map(({ message }) => message)).toEqual(tasks.map(() => 'pass'));
  expect(points).toBe(maxPoints);
});

test('the right gradient of a wrong forward is accepted and reported', async () => {
  const convolution = psets.find(({ name }) => name === 'convolution') ?? psets[0];
  const { tasks } = await graded(
    convolution,
    text(convolution, 'solution.ts').replace('source(i - p + m', 'source(i + p - m'),
  );
  expect(tasks.map(({ task, points, message }) => [task, points, message])).toEqual([
    ['forward', 0, 'flipped kernel: this is the convolution, the pset defines the correlation'],
    ['backpropToInput', 4, 'right for your own forward, which is wrong; pass'],
    ['backpropToParams', 3, 'right for your own forward, which is wrong; pass'],
  ]);
});

test('a function that is slow only because the machine is busy is not an endless loop', async () => {
  const sleep = 'const start = Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);';
  const [linear] = psets;
  const source = text(linear, 'solution.ts').replace(
    /export function forward\(.*\{$/m,
    `$&\n  ${sleep}`,
  );
  expect(source).toContain(sleep);
  const { points, maxPoints } = await graded(linear, source);
  expect(points).toBe(maxPoints);
});

test.each(['ts', 'js'])('a %s file may be handed in without its package.json', async (kind) => {
  const alone = mkdtempSync(join(tmpdir(), 'boxprop-psets-'));
  const [linear] = psets;
  const source = text(linear, 'solution.ts');
  const { points, maxPoints } = await graded(
    linear,
    kind === 'ts' ? source : untyped(source),
    kind,
    alone,
  );
  rmSync(alone, { recursive: true });
  expect(points).toBe(maxPoints);
});

test('a file that cannot be loaded is reported in one line', async () => {
  const { tasks } = await graded(psets[0], 'export function forward( {');
  for (const { message } of tasks) expect(message).toMatch(/^the file cannot be loaded: \S+/);
});
