/**
 * `npm run test:networks`: all of spec/models, with what `npm test` has no time for: the gradient of every coordinate of
 * the deep networks, and learning by heart. The last line is `N passed, N failed`.
 */
import { runJest } from './support/jest.mjs';

const { passed, failed } = runJest(['spec/models'], { BOXPROP_NETWORKS: 'all' });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
