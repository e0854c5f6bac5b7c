/**
 * The program `check.mjs`: the checker in a single file that needs nothing but Node. The build
 * bundles it together with the program of the student's process. The problem sets in it are
 * recordings, which contain values of the reference solutions, but not the solutions.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliDecompressSync } from 'node:zlib';
import * as v from 'valibot';
import { reportLines } from '../grader/check.ts';
import { RECORDING } from '../recorded/installedFile.ts';
import { replayPset } from '../recorded/replayPset.ts';
import { readValue } from '../recorded/valueText.ts';
import { gradeForClassroom50 } from './classroom50.ts';
import { gradeForGradescope } from './gradescope.ts';
import { gradeSubmission } from './gradeSubmission.ts';
import { gradeForPrairieLearn } from './prairieLearn.ts';

/** The source of `studentProgram`, which the build inserts. */
declare const STUDENT_PROGRAM: string;

const RECORDINGS = v.array(RECORDING);

/** The recordings stand in the last line of this file, as a comment. */
function recordedPsets() {
  const text = readFileSync(fileURLToPath(import.meta.url), 'latin1').trimEnd();
  const data = Buffer.from(text.slice(text.lastIndexOf('\n') + 3), 'base64');
  const recordings = v.parse(RECORDINGS, readValue(brotliDecompressSync(data).toString()));
  return recordings.map(replayPset);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    gradescope: { type: 'string' },
    prairielearn: { type: 'string' },
    classroom50: { type: 'boolean' },
  },
});
const psets = recordedPsets();
if (values.gradescope !== undefined) {
  await gradeForGradescope(values.gradescope, psets, STUDENT_PROGRAM);
} else if (values.prairielearn !== undefined) {
  await gradeForPrairieLearn(values.prairielearn, psets, STUDENT_PROGRAM);
} else if (values.classroom50 === true) {
  console.log(await gradeForClassroom50(psets, STUDENT_PROGRAM, process.env));
} else {
  const [folder = dirname(fileURLToPath(import.meta.url))] = positionals;
  const { sets, notes } = await gradeSubmission(folder, psets, STUDENT_PROGRAM);
  const [{ report }] = sets;
  console.log(values.json === true ? JSON.stringify(report) : reportLines(report).join('\n'));
  for (const note of notes) console.error(note);
  if (report.points < report.maxPoints) process.exitCode = 1;
}
