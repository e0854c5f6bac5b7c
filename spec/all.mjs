/**
 * `npm test`: the whole proof. Types, lint and format count as one check each, then every spec; the last line is
 * `N passed, N failed`, and the exit status 1 if anything failed.
 */
import { spawnSync } from 'node:child_process';
import { runJest } from './support/jest.mjs';

const checks = ['types', 'lint', 'format'].map((check) => {
  const ok = spawnSync('npm', ['run', '-s', check], { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
  console.log(`${ok ? 'pass' : 'FAIL'} npm run ${check}`);
  return ok;
});
const specs = runJest(process.argv.slice(2));
const passed = specs.passed + checks.filter((ok) => ok).length;
const failed = specs.failed + checks.filter((ok) => !ok).length;
console.log(`${passed} passed, ${failed} failed${specs.skipped > 0 ? `, ${specs.skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
