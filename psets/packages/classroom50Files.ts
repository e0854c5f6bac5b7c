import { gzipSync } from 'node:zlib';
import type { Pset } from '../grader/pset.ts';
import { classroom50Result } from '../standalone/classroom50Result.ts';
import { failedGrade, longest } from './failedGrade.ts';
import type { Contents, PackageFiles } from './packageFile.ts';

/**
 * Makes the files of an autograder of Classroom 50. Node is compressed, because GitHub refuses
 * files of more than 100 MB.
 */
export function classroom50Files(psets: readonly Pset[], { check, node }: Contents): PackageFiles {
  const { tests, 'max-score': most } = classroom50Result(failedGrade(psets), {}, new Date(0));
  const grader = `#!/usr/bin/env python3
"""Grades a submission for Classroom 50. Node and the checker are beside this file, so nothing is
installed. The result without points is written first, so that there is one even if the grader breaks.
"""
import datetime
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TESTS = json.loads(${JSON.stringify(JSON.stringify(tests))})
RESULT = pathlib.Path("result.json")


def write_failure():
    env = os.environ.get
    result = {
        "schema": "classroom50/result/v1",
        "classroom": env("CLASSROOM", ""),
        "assignment": env("ASSIGNMENT", ""),
        "submission": env("SUBMISSION_TAG", ""),
        "commit": env("COMMIT_URL", ""),
        "release": env("RELEASE_URL", ""),
        "review": env("REVIEW_URL") or env("COMMIT_URL", ""),
        "datetime": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": 0,
        "max-score": ${most},
        "tests": TESTS,
    }
    # The submission may contain a link or a folder of this name.
    if RESULT.is_dir() and not RESULT.is_symlink():
        shutil.rmtree(RESULT)
    else:
        RESULT.unlink(missing_ok=True)
    with open(RESULT, "x", encoding="utf-8") as file:
        json.dump(result, file, indent=2)


def grade(folder):
    node = os.path.join(folder, "node")
    with gzip.open(HERE / "node.gz") as packed, open(node, "wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    os.chmod(node, 0o755)
    # The student's process may run as another user, who must reach Node.
    os.chmod(folder, 0o755)
    command = [node, str(HERE / "check.mjs"), "--classroom50"]
    subprocess.run(command, timeout=${longest(psets)}, check=False)


write_failure()
try:
    with tempfile.TemporaryDirectory() as folder:
        grade(folder)
except Exception as error:
    print(f"not graded: {error}")
`;
  return {
    'autograder.py': { data: grader, executable: true },
    'check.mjs': { data: check },
    'node.gz': { data: gzipSync(node) },
  };
}
