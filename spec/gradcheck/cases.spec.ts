import { describeCases } from '../support/gradcheckCases.ts';

/**
 * Checks every box and every cost with a few random cases of gradcheck/cases, the first of those
 * that `cases.long.spec.ts` checks. npm run test:tensorflow and gradcheck/parity.long.spec.ts use
 * other backends.
 */
describeCases({ float64: 4, others: 2 });
