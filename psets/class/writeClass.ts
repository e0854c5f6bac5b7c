import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../lib/files/makeFolder.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { classPage, STUDENTS } from './classPage.ts';
import type { Grade } from './grade.ts';
import { gradesCsv } from './gradesCsv.ts';
import { namesOf, pageNames } from './names.ts';
import { studentPage } from './studentPage.ts';

/**
 * Writes `grades.csv`, `grades.html`, and one page per submission in `students`. Pages of
 * submissions that were graded earlier, and are not part of this class, are removed.
 */
export async function writeClass(
  title: string,
  grades: readonly Grade[],
  out: string,
): Promise<void> {
  const folder = join(out, STUDENTS);
  await makeFolder(folder);
  const names = namesOf(grades.map(({ dir }) => dir));
  const files = pageNames(names);
  for (const [k, grade] of grades.entries()) {
    const page = studentPage(title, names[k], grade, '../grades.html');
    await writeFileAtomic(join(folder, files[k]), page);
  }
  for (const file of await readdir(folder)) {
    if (file.endsWith('.html') && !files.includes(file)) await rm(join(folder, file));
  }
  await writeFileAtomic(join(out, 'grades.csv'), gradesCsv(grades));
  await writeFileAtomic(join(out, 'grades.html'), classPage(title, grades));
}
