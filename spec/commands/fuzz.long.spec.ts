import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

/** Runs `npm run fuzz` with these arguments. */
function fuzz(...args: string[]) {
  const node = ['--conditions=boxprop-source', '--import', 'tsx', 'spec/commands/fuzz.ts'];
  const { status, stdout } = runProgram(process.execPath, [...node, ...args], {
    cwd: ROOT,
  });
  const lines = stdout.trim().split('\n');
  return { status, lines, last: lines.at(-1) };
}

const planted = (name: string, mutants = 100) =>
  fuzz(
    '--table',
    join(ROOT, 'spec/support/fuzz/brokenReaders.ts'),
    '--mutants',
    `${mutants}`,
    name,
  );

test('every reader of boxprop reads or refuses 300 mutants', () => {
  const { status, lines, last } = fuzz('--mutants', '300', '--seed', '1');
  expect(lines.filter((line) => line.startsWith('FAIL'))).toEqual([]);
  expect(last).toMatch(/^\d+ passed, 0 failed$/);
  expect(status).toBe(0);
}, 600_000);

test('a reader that keeps its promises passes', () => {
  expect(planted('good')).toMatchObject({ status: 0, last: '1 passed, 0 failed' });
}, 60_000);

test.each([
  ['typeError', /threw TypeError/],
  ['recursion', /threw RangeError: Maximum call stack size exceeded/],
  ['anyType', /accepted \w+ at rate, a number/],
  ['wrongValue', /rate is no number/],
  ['slow', /took \d\.\d s of processor time/],
  ['memory', /memory grew by \d+ MiB/],
  ['trusting', /threw RangeError: Invalid typed array length/],
  ['exits', /ended the process with status 3/],
  ['endless', /did not end within 60 s/],
] as const)(
  'a reader with the fault %s fails, and the file is kept',
  (name, problem) => {
    const few = ['slow', 'exits', 'endless'].includes(name);
    const { status, lines, last } = planted(name, few ? 4 : 500);
    const found = lines.filter((line) => line.startsWith(`FAIL ${name} `) && problem.test(line));
    expect(found.length).toBeGreaterThan(0);
    expect(readFileSync(found[0].split('; ').at(-1) ?? '')).toBeInstanceOf(Buffer);
    expect({ status, last }).toEqual({ status: 1, last: '0 passed, 1 failed' });
  },
  120_000,
);
