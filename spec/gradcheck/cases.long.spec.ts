import { describeCases } from '../support/gradcheckCases.ts';

/** Checks every box and every cost with more random cases than `cases.spec.ts`. */
describeCases({ float64: 10, others: 4 });
