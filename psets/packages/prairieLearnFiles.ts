import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { skeletonOf } from '../grader/handout.ts';
import type { Pset } from '../grader/pset.ts';
import { prairieLearnResult } from '../standalone/prairieLearnResult.ts';
import { failedGrade, longest } from './failedGrade.ts';
import type { Contents, PackageFiles } from './packageFile.ts';
import { quoted } from './shellText.ts';

/**
 * Makes the folder of a question of PrairieLearn: the statements, an editor for each problem set,
 * and the tests. Node is compressed, because GitHub refuses files of more than 100 MB.
 *
 * @param statements the statement of each problem set, in Markdown.
 */
export function prairieLearnFiles(
  psets: readonly Pset[],
  statements: readonly string[],
  { check, node }: Contents,
): PackageFiles {
  const title = psets.map((pset) => pset.title).join('; ');
  const info = {
    uuid: randomUUID(),
    title,
    topic: 'Backpropagation',
    type: 'v3',
    gradingMethod: 'External',
    externalGradingOptions: {
      enabled: true,
      image: 'ubuntu:24.04',
      entrypoint: '/bin/sh /grade/tests/run.sh',
      timeout: longest(psets) + 10,
    },
  };
  const run = `#!/bin/sh
# PrairieLearn runs this for every submission. The result without points is written first, so that
# there is one even if the grader breaks. Node is beside this file, so nothing is installed.
tests=$(cd "$(dirname "$0")" && pwd)
root=\${tests%/tests}
mkdir -p "$root/results"
rm -rf "$root/results/results.json"
printf '%s\\n' ${quoted(JSON.stringify(prairieLearnResult(failedGrade(psets))))} > "$root/results/results.json"
chmod 700 "$root/results" "$tests"
place=$(mktemp -d)
gzip -dc "$tests/node.gz" > "$place/node"
chmod 755 "$place" "$place/node"
timeout -k 5 ${longest(psets)} "$place/node" "$tests/check.mjs" --prairielearn "$root"
rm -rf "$place"
chmod 755 "$root/results"
exit 0
`;
  const fileOf = ({ name }: Pset) => (psets.length === 1 ? 'solution.ts' : `${name}.ts`);
  const panels = psets.map((pset, k) => {
    const file = fileOf(pset);
    return [
      '<pl-question-panel>',
      '<markdown>',
      statements[k].trim(),
      '</markdown>',
      '</pl-question-panel>',
      `<pl-file-editor file-name="${file}" source-file-name="${file}" ace-mode="ace/mode/typescript"></pl-file-editor>`,
    ].join('\n');
  });
  const results =
    '<pl-submission-panel>\n<pl-external-grader-results></pl-external-grader-results>\n</pl-submission-panel>';
  return {
    'info.json': { data: `${JSON.stringify(info, undefined, 2)}\n` },
    'question.html': { data: [...panels, results, ''].join('\n') },
    ...Object.fromEntries(psets.map((pset) => [fileOf(pset), { data: skeletonOf(pset, false) }])),
    'tests/run.sh': { data: run, executable: true },
    'tests/check.mjs': { data: check },
    'tests/node.gz': { data: gzipSync(node) },
  };
}
