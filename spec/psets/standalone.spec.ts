import { psets } from '../../psets/index.ts';
import { failedGrade } from '../../psets/packages/failedGrade.ts';
import { linuxMachine } from '../../psets/packages/linuxNode.ts';
import { quoted } from '../../psets/packages/shellText.ts';
import { classroom50Result } from '../../psets/standalone/classroom50Result.ts';
import { findSolution } from '../../psets/standalone/findSolution.ts';
import { duration, secondsLate } from '../../psets/standalone/lateness.ts';
import { plainScript } from '../../psets/standalone/plainScript.ts';
import { prairieLearnResult } from '../../psets/standalone/prairieLearnResult.ts';

test.each([
  [['solution.ts'], true, 'solution.ts'],
  [['solution.js', 'solution.ts'], true, 'solution.ts'],
  [['work/solution.js', 'readme.md'], true, 'work/solution.js'],
  [['linear.ts', 'solution.ts'], true, 'linear.ts'],
  [['solution.ts'], false, undefined],
  [['softmax.ts', 'all/linear/solution.js'], false, 'all/linear/solution.js'],
  [['notlinear.ts', 'a/linear.js'], false, 'a/linear.js'],
  [[], true, undefined],
])('the file of linear among %j', (files, only, expected) => {
  expect(findSolution(files, 'linear', only)).toBe(expected);
});

test('a submission is late after the due date of its user, or else of the assignment', () => {
  const at = (time: string, rest: object) =>
    secondsLate(JSON.stringify({ created_at: time, ...rest }));
  const noon = { due_date: '2026-05-01T12:00:00+02:00' };
  expect(at('2026-05-01T11:59:59+02:00', { assignment: noon })).toBe(0);
  expect(at('2026-05-01T10:00:20Z', { assignment: noon })).toBe(20);
  const extended = [
    { assignment: noon },
    { assignment: { due_date: '2026-05-02T12:00:00+02:00' } },
  ];
  expect(at('2026-05-01T20:00:00Z', { assignment: noon, users: extended })).toBe(0);
  expect(at('2026-05-01T20:00:00Z', { assignment: { due_date: null }, users: [] })).toBeUndefined();
  expect(secondsLate('')).toBeUndefined();
  expect([20, 60, 3 * 3600 + 5 * 60, 86_400, 200_000].map(duration)).toEqual([
    '20 s',
    '1 min',
    '3 h 5 min',
    '1 day',
    '2 days 7 h',
  ]);
});

test('types are removed, and lines stay where they are', () => {
  const source =
    'enum A { B = 2 }\n\nexport function f(x: number[]): number {\n  return x[A.B]!;\n}\n';
  const [first, , third, fourth] = plainScript('solution.ts', source).split('\n');
  expect(first).toContain('A[A["B"] = 2]');
  expect([third, fourth]).toEqual(['export function f(x) {', '  return x[A.B];']);
  expect(plainScript('solution.js', 'export const a = 1;')).toBe('export const a = 1;');
  expect(plainScript('solution.js', 'export const a = ;')).toBe(
    'throw new SyntaxError("solution.js, line 1, column 18: Unexpected token");\n',
  );
});

describe('the Node of a package', () => {
  const elf = (machine: number, size: number, interpreter = '/lib64/ld-linux-x86-64.so.2') => {
    const bytes = Buffer.alloc(size);
    bytes.write('\x7fELF\x02', 'latin1');
    bytes.writeUInt16LE(machine, 18);
    bytes.write(interpreter, 200, 'latin1');
    return bytes;
  };
  const whole = 41 * 2 ** 20;

  test('is for Linux x64 or arm64', () => {
    expect(linuxMachine('--node', 'node', elf(0x3e, whole))).toBe('x64');
    expect(linuxMachine('--node', 'node', elf(0xb7, whole))).toBe('arm64');
  });

  test.each([
    ['another processor', elf(0x28, whole)],
    ['one for Alpine', elf(0x3e, whole, '/lib/ld-musl-x86_64.so.1')],
    ['one that needs further libraries', elf(0x3e, 1000)],
    ['one for macOS', Buffer.from('cffaedfe'.padEnd(200, '0'), 'hex')],
    ['one for Windows', Buffer.from('4d5a'.padEnd(200, '0'), 'hex')],
    ['another file', Buffer.from('#!/bin/sh\n')],
  ])('is refused: %s', (found, data) => {
    expect(() => linuxMachine('--node', 'node', data)).toThrow(
      `--node: expected Node for Linux x64 or arm64, as from nodejs.org, got ${found}: "node"`,
    );
  });
});

test("Classroom 50's points are integers, also of tasks with half points", () => {
  const [linear] = psets;
  const halves = { ...linear, tasks: linear.tasks.map((task) => ({ ...task, points: 2.5 })) };
  const result = classroom50Result(failedGrade([halves]), {}, new Date('2026-05-01T10:00:00.5Z'));
  expect(result).toMatchObject({ score: 0, 'max-score': 100, datetime: '2026-05-01T10:00:00Z' });
  expect(result.tests.map((one) => one['max-score'])).toEqual([25, 25, 25, 25]);
});

test("PrairieLearn's score is a share, and names of several sets differ", () => {
  const result = prairieLearnResult(failedGrade(psets.slice(0, 2)));
  expect(result.score).toBe(0);
  expect(result.tests[0].name).toBe('linear: forward');
  expect(new Set(result.tests.map(({ name }) => name)).size).toBe(result.tests.length);
});

test('a text is one word for a shell', () => {
  expect(quoted("it's")).toBe("'it'\\''s'");
});
