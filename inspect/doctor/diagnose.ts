import { dataScale } from './dataScale.ts';
import type { Diagnostic, DiagnosticContext } from './diagnostic.ts';
import { gradients } from './gradients.ts';
import { labelBalance } from './labelBalance.ts';
import { realGradient } from './realGradient.ts';
import { smallSubset } from './smallSubset.ts';
import { startLoss } from './startLoss.ts';
import { units } from './units.ts';

/**
 * Looks at a network and its data before they are trained for long: label balance, data
 * normalization, the loss at the start, dead and saturated units, the size of gradients, their
 * check in double precision, and whether 20 records are learnt by heart.
 *
 * Errors: those of the boxes and the dataset.
 * Source: lecture, "Other things good to know".
 */
export async function diagnose(patient: DiagnosticContext): Promise<Diagnostic[]> {
  return [
    await labelBalance(patient),
    await dataScale(patient),
    await startLoss(patient),
    ...(await units(patient)),
    await gradients(patient),
    await realGradient(patient),
    await smallSubset(patient),
  ];
}
