import { describeNonFinite } from '../support/nonFiniteCases.ts';

/** Plants NaN and ±∞ in the first case of each box; `nonFiniteCases.long.spec.ts` takes more. */
describeNonFinite(1);
