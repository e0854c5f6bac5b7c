import { parseHTML } from 'linkedom';
import { classPage } from '../../../psets/class/classPage.ts';
import type { Grade } from '../../../psets/class/grade.ts';
import { gradesCsv } from '../../../psets/class/gradesCsv.ts';
import { namesOf, pageNames } from '../../../psets/class/names.ts';
import { mistakesOf, pointsOf } from '../../../psets/class/statistics.ts';
import { studentPage } from '../../../psets/class/studentPage.ts';

const grade = (dir: string, messages: readonly string[], code = dir): Grade => {
  const tasks = messages.map((message, k) => ({
    task: ['forward', 'backward'][k],
    pass: message === 'pass',
    points: message === 'pass' ? k + 2 : 0,
    maxPoints: k + 2,
    message,
    example: message === 'pass' ? [] : ['x = [1, 2]', 'expected [<3>]', 'got      NaN'],
  }));
  const points = tasks.reduce((sum, one) => sum + one.points, 0);
  return { dir, code, report: { pset: 'small', points, maxPoints: 5, tasks } };
};

const grades = [
  grade('class/ann', ['pass', 'pass']),
  grade('class/bob', ['pass', 'the sign is wrong'], 'same'),
  grade('class/<eve>', ['the sign is wrong', 'the sign is wrong'], 'same'),
  grade('class/dan', ['not implemented yet', 'not implemented yet'], 'empty'),
  grade('class/fay', ['not implemented yet', 'not implemented yet'], 'empty'),
];

test('mean, median and histogram', () => {
  const { mean, median, bars } = pointsOf(grades);
  expect([mean, median]).toEqual([(5 + 2) / 5, 0]);
  expect(pointsOf(grades.slice(0, 2)).median).toBe(3.5);
  expect(bars.map(({ label, count }) => [label, count])).toEqual([
    ['0', 3],
    ['1', 0],
    ['2', 1],
    ['3', 0],
    ['4', 0],
    ['5', 1],
  ]);
});

test('many points share a bar', () => {
  const large = { ...grades[0], report: { ...grades[0].report, points: 50, maxPoints: 50 } };
  const { bars } = pointsOf([large]);
  expect(bars.map(({ label }) => label)).toEqual([
    ...Array.from({ length: 16 }, (_, k) => `${3 * k}–${3 * k + 2}`),
    '48–50',
  ]);
  expect(bars.at(-1)?.count).toBe(1);
});

test('each mistake has its submissions, the most frequent first', () => {
  expect(mistakesOf(grades)).toEqual([
    { task: 'backward', message: 'the sign is wrong', students: [1, 2] },
    { task: 'forward', message: 'not implemented yet', students: [3, 4] },
    { task: 'backward', message: 'not implemented yet', students: [3, 4] },
    { task: 'forward', message: 'the sign is wrong', students: [2] },
  ]);
});

test('the page of a class', () => {
  const html = classPage('Small <set>', grades);
  const { document } = parseHTML(html);
  const text = (selector: string) =>
    [...document.querySelectorAll(selector)].map((one) => one.textContent);
  expect(text('h1')).toEqual(['Small <set>: 5 submissions']);
  expect(html).toContain('Mean 1.4 of 5 points, median 0.0.');
  const [mistakes, submissions] = document.querySelectorAll('tbody');
  expect([...mistakes.children[0].children].map((cell) => cell.textContent)).toEqual([
    '2 (40 %)bob, <eve>',
    'backward',
    'the sign is wrong',
  ]);
  const rows = [...submissions.children].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
  // Handouts that nobody has touched are not marked as the same.
  expect(rows).toEqual([
    ['ann', '5/5', '', 'all functions pass'],
    ['bob', '2/5', '1', 'backward the sign is wrong'],
    ['<eve>', '0/5', '1', 'forward the sign is wrongbackward the sign is wrong'],
    ['dan', '0/5', '', 'forward not implemented yetbackward not implemented yet'],
    ['fay', '0/5', '', 'forward not implemented yetbackward not implemented yet'],
  ]);
  const links = [...submissions.querySelectorAll('a')].map((one) => one.getAttribute('href'));
  expect(links).toEqual(['ann', 'bob', 'eve-', 'dan', 'fay'].map((one) => `students/${one}.html`));
});

test('the page of a submission has the example of each mistake', () => {
  const { document } = parseHTML(studentPage('Small', 'bob', grades[1], '../grades.html'));
  expect(document.querySelector('h1')?.textContent).toBe('bob');
  expect(document.querySelector('a')?.getAttribute('href')).toBe('../grades.html');
  expect([...document.querySelectorAll('h2, h2 + p')].map((one) => one.textContent)).toEqual([
    'forward 2 of 2',
    'pass',
    'backward 0 of 3',
    'the sign is wrong',
  ]);
  expect(document.querySelector('pre')?.textContent).toBe(
    'x = [1, 2]\nexpected [<3>]\ngot      NaN',
  );
});

test('a spreadsheet does not read a name as a formula', () => {
  expect(gradesCsv([grade('=cmd', ['pass', 'a "sign"'])]).split('\r\n')).toEqual([
    'submission,points,max points,forward,forward result,backward,backward result',
    `"'=cmd",2,5,2,"pass",0,"a ""sign"""`,
    '',
  ]);
});

test('equal names of folders are told apart', () => {
  expect(namesOf(['a/ann', 'b/ann'])).toEqual(['a/ann', 'b/ann']);
  expect(pageNames(['a/ann', 'a-ann', 'A-ANN', '../..', 'Zoë'])).toEqual([
    'a-ann.html',
    'a-ann-2.html',
    'A-ANN-3.html',
    'submission.html',
    'Zoë.html',
  ]);
});
