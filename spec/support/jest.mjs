import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs Jest, which reports on the screen, and counts: `{ passed, failed, skipped }`. */
export function runJest(args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-test-'));
  const report = join(folder, 'jest.json');
  const { status } = spawnSync(
    'npm',
    ['run', '-s', 'jest', '--', '--json', `--outputFile=${report}`, ...args],
    {
      // Its JSON goes to a file and is not wanted on the screen too.
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    },
  );
  let [passed, failed, skipped] = [0, 0, 0];
  try {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    passed = results.numPassedTests;
    failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    skipped = results.numPendingTests + results.numTodoTests;
  } catch {
    console.error('FAIL jest wrote no report');
  }
  rmSync(folder, { recursive: true });
  // Whatever jest counted, a run that it calls failed has failed.
  if (status !== 0 && failed === 0) failed = 1;
  return { passed, failed, skipped };
}
