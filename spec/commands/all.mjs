/**
 * `npm test`: the whole proof. Types, lint and format count as one check each, then every spec; the last line is
 * `N passed, N failed`, and the exit status 1 if anything failed.
 */
import { spawn } from 'node:child_process';
import { runJest } from '../support/jest.mjs';

const check = async (name) => {
  const child = spawn('npm', ['run', '-s', name], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ok = (await new Promise((resolve) => child.on('close', resolve))) === 0;
  console.log(`${ok ? 'pass' : 'FAIL'} npm run ${name}`);
  return ok;
};
const checks = await Promise.all(['types', 'lint', 'format'].map(check));
const specs = runJest(process.argv.slice(2));
const passed = specs.passed + checks.filter((ok) => ok).length;
const failed = specs.failed + checks.filter((ok) => !ok).length;
console.log(
  `${passed} passed, ${failed} failed${specs.skipped > 0 ? `, ${specs.skipped} skipped` : ''}`,
);
process.exitCode = failed > 0 ? 1 : 0;
