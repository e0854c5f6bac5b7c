/**
 * `npm run test:networks [-- NAMES]`: checks the networks that take too long for
 * `npm run test:all`. It compares every coordinate of every network's gradient with a finite
 * difference, in plain Node, because Jest is slower. Then it runs all of spec/models, which trains
 * every network on a few images. With names, it checks only the gradients of those networks. The
 * last line is `N passed, N failed`.
 */
import { SCALED, VARIANTS } from '../support/scaledNetworks.ts';
import { proveGradient } from '../support/proveGradient.ts';
import { runJest } from '../support/jest.ts';

const known = { ...SCALED, ...VARIANTS };
const names = process.argv.slice(2);
const strange = names.find((name) => !Object.hasOwn(known, name));
if (strange !== undefined) {
  console.error(`expected names out of ${Object.keys(known).join(', ')}, got ${strange}`);
  process.exit(2);
}
let [passed, failed] = [0, 0];
for (const name of names.length > 0 ? names : Object.keys(known)) {
  const started = Date.now();
  const { wrong, checked, coordinates } = await proveGradient(known[name]);
  const pass = wrong.length === 0 && checked > 0.99 * coordinates;
  if (pass) passed++;
  else failed++;
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(
    `${pass ? 'pass' : 'FAIL'} ${name}: ${checked} of ${coordinates} coordinates, ${seconds} s`,
  );
  for (const { tensor, message } of wrong) console.log(`     ${tensor}: ${message}`);
}
if (names.length === 0) {
  const specs = await runJest(['spec/models'], { env: { BOXPROP_NETWORKS: 'all' } });
  passed += specs.passed;
  failed += specs.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
