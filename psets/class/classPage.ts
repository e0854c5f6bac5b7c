import { escape } from '../../report/html.ts';
import type { Grade } from './grade.ts';
import { namesOf, pageNames } from './names.ts';
import { sameCode } from './sameCode.ts';
import { SORT_SCRIPT } from './sortScript.ts';
import { mistakesOf, pointsOf, type Points } from './statistics.ts';
import { htmlPage } from './htmlPage.ts';

/** The folder of the submissions' pages, beside the page of the class. */
export const STUDENTS = 'students';

/**
 * Makes the page of a class: mean, median and histogram of the points, the mistakes with the
 * submissions that have them, and a table of all submissions, which can be sorted.
 */
export function classPage(title: string, grades: readonly Grade[]): string {
  const names = namesOf(grades.map(({ dir }) => dir));
  const files = pageNames(names);
  const link = (k: number) =>
    `<a href="${STUDENTS}/${encodeURIComponent(files[k])}">${escape(names[k])}</a>`;
  return htmlPage(
    title,
    `<h1>${escape(title)}: ${grades.length} ${grades.length === 1 ? 'submission' : 'submissions'}</h1>` +
      pointsHtml(pointsOf(grades)) +
      mistakesHtml(grades, link) +
      submissionsHtml(grades, link) +
      `<script>${SORT_SCRIPT}</script>`,
  );
}

function pointsHtml({ mean, median, max, bars }: Points): string {
  const most = Math.max(...bars.map(({ count }) => count));
  const columns = bars.map(({ label, count }) => {
    const height = (6 * count) / most;
    return `<div>${count || ''}<i style="height:${height.toFixed(2)}rem"></i><b>${label}</b></div>`;
  });
  return (
    `<p>Mean ${mean.toFixed(1)} of ${max} points, median ${median.toFixed(1)}.</p>` +
    `<div class="bars" role="img" aria-label="Histogram: ${bars
      .filter(({ count }) => count > 0)
      .map(({ label, count }) => `${count} with ${label}`)
      .join(', ')}">${columns.join('')}</div><p class="soft">Submissions by points.</p>`
  );
}

function mistakesHtml(grades: readonly Grade[], link: (k: number) => string): string {
  const rows = mistakesOf(grades).map(({ task, message, students }) => {
    const share = Math.round((100 * students.length) / grades.length);
    const who = `<details><summary>${students.length} (${share} %)</summary>${students.map(link).join(', ')}</details>`;
    return (
      `<tr><td data-label="submissions" data-value="${students.length}">${who}</td>` +
      `<td class="name" data-value="${escape(task)}"><code>${escape(task)}</code></td>` +
      `<td data-value="${escape(message)}">${escape(message)}</td></tr>`
    );
  });
  if (rows.length === 0) return '<h2>Mistakes</h2><p>Nobody made a mistake.</p>';
  return `<h2>Mistakes</h2>${table(['submissions', 'function', 'mistake'], rows)}`;
}

function submissionsHtml(grades: readonly Grade[], link: (k: number) => string): string {
  const groups = sameCode(grades.map(({ code, report }) => (isEmpty(report) ? '' : code)));
  const isAnySame = groups.some((group) => group !== undefined);
  const rows = grades.map(({ dir, report }, k) => {
    const failed = report.tasks.filter(({ message }) => message !== 'pass');
    const results = failed.map(
      ({ task, pass, message }) =>
        `<li><code>${escape(task)}</code> <span class="${pass ? 'good' : 'bad'}">${escape(message)}</span></li>`,
    );
    const same = isAnySame
      ? `<td ${groups[k] === undefined ? '' : 'data-label="same code" '}data-value="${groups[k] ?? 1e9}">${groups[k] ?? ''}</td>`
      : '';
    return (
      `<tr><td class="name" data-value="${escape(dir)}">${link(k)}</td>` +
      `<td class="number" data-label="points" data-value="${report.points}">${report.points}/${report.maxPoints}</td>${same}` +
      `<td data-value="${failed.length}">${results.length > 0 ? `<ul>${results.join('')}</ul>` : '<span class="good">all functions pass</span>'}</td></tr>`
    );
  });
  const head = ['submission', 'points', ...(isAnySame ? ['same code'] : []), 'results'];
  const note =
    '<p class="soft">Submissions with the same number in the column “same code” differ only in comments, spaces, and names. Short solutions are often alike.</p>';
  return `<h2>Submissions</h2>${isAnySame ? note : ''}${table(head, rows)}`;
}

/** Returns whether a submission is still the handout, which all students share. */
function isEmpty({ tasks }: Grade['report']): boolean {
  return tasks.every(({ message }) => /^(not implemented yet|missing)/.test(message));
}

function table(head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((text) => `<th><button type="button">${escape(text)}</button></th>`);
  return `<table><thead><tr>${cells.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}
