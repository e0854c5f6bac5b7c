import { describeNonFinite } from '../support/nonFiniteCases.ts';

/** Plants NaN and ±∞ in more cases of each box than `nonFinite.spec.ts`. */
describeNonFinite(3);
