/**
 * `npm test`: the whole proof. Types, lint and format count as one check each, then every spec; the last line is
 * `N passed, N failed`, and the exit status 1 if anything failed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'boxprop-test-'));
const report = join(folder, 'jest.json');
let [passed, failed, skipped] = [0, 0, 0];

for (const check of ['types', 'lint', 'format']) {
  const ok = npm(['run', '-s', check]);
  console.log(`${ok ? 'pass' : 'FAIL'} npm run ${check}`);
  if (ok) passed++;
  else failed++;
}

const ok = npm(['run', '-s', 'jest', '--', '--json', `--outputFile=${report}`, ...process.argv.slice(2)]);
try {
  const results = JSON.parse(readFileSync(report, 'utf8'));
  passed += results.numPassedTests;
  failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
  skipped += results.numPendingTests + results.numTodoTests;
} catch {
  console.error('FAIL jest wrote no report');
}
// Whatever jest counted, a run that it calls failed has failed.
if (!ok && failed === 0) failed++;
rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;

function npm(args) {
  // Jest's report goes to a file; its JSON is not wanted on the screen too.
  return (
    spawnSync('npm', args, { stdio: ['ignore', args.includes('--json') ? 'ignore' : 'inherit', 'inherit'] })
      .status === 0
  );
}
