import type { Pset } from '../grader/pset.ts';
import { gradescopeResult } from '../standalone/gradescopeResult.ts';
import { failedGrade, longest } from './failedGrade.ts';
import type { Contents, PackageFiles } from './packageFile.ts';
import { quoted } from './shellText.ts';

/** Makes the files of Gradescope's autograder zip. */
export function gradescopeFiles(psets: readonly Pset[], { check, node }: Contents): PackageFiles {
  const failed = JSON.stringify(gradescopeResult(failedGrade(psets), undefined, 0));
  const setup = `#!/bin/sh
# Gradescope runs this once, when it builds the image. Node and the checker are in this folder, so
# nothing is installed. Students' programs may run Node, and may not read the checker.
set -e
cd "$(dirname "$0")"
chmod 755 node
chmod 600 check.mjs
./node --version
`;
  const run = `#!/bin/sh
# Gradescope copies this file to its own folder and runs it for every submission. The result without
# points is written first, so that there is one even if the grader breaks.
root=$(cd "$(dirname "$0")" && pwd)
case $root in */source) root=\${root%/source} ;; esac
mkdir -p "$root/results"
rm -rf "$root/results/results.json"
printf '%s\\n' ${quoted(failed)} > "$root/results/results.json"
chmod 700 "$root/results"
chmod 600 "$root/source/check.mjs"
chmod 755 "$root/source/node"
limit=
if command -v timeout > /dev/null; then limit="timeout -k 5 ${longest(psets)}"; fi
$limit "$root/source/node" "$root/source/check.mjs" --gradescope "$root"
chmod 755 "$root/results"
exit 0
`;
  return {
    'setup.sh': { data: setup, executable: true },
    run_autograder: { data: run, executable: true },
    'check.mjs': { data: check },
    node: { data: node, executable: true },
  };
}
