import { escape } from '../../report/html.ts';
import type { Grade } from './grade.ts';
import { htmlPage } from './htmlPage.ts';

/**
 * Makes the page of one submission: for each function its points, its verdict, and the smallest
 * example that shows the mistake.
 *
 * @param home the address of the page of the class.
 */
export function studentPage(title: string, name: string, grade: Grade, home: string): string {
  const { points, maxPoints, tasks } = grade.report;
  const sections = tasks.map((one) => {
    const example =
      one.example.length > 0 ? `<pre>${one.example.map(escape).join('\n')}</pre>` : '';
    return (
      `<h2><code>${escape(one.task)}</code> <span class="soft">${one.points} of ${one.maxPoints}</span></h2>` +
      `<p class="${one.pass ? 'good' : 'bad'}">${escape(one.message)}</p>${example}`
    );
  });
  return htmlPage(
    `${name}: ${title}`,
    `<p><a href="${escape(home)}">${escape(title)}</a></p><h1>${escape(name)}</h1>` +
      `<p>${points} of ${maxPoints} points</p>${sections.join('')}`,
  );
}
