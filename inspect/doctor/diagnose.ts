import { dataScale } from './dataScale.ts';
import type { Diagnostic, DiagnosticContext } from './diagnostic.ts';
import { gradients } from './gradients.ts';
import { labelBalance } from './labelBalance.ts';
import { lastBatch } from './lastBatch.ts';
import { realGradient } from './realGradient.ts';
import { smallSubset } from './smallSubset.ts';
import { startLoss } from './startLoss.ts';
import { units } from './units.ts';

/**
 * Checks a network and its data before a long training: label balance, data normalization, the size
 * of the last batch, the initial loss, dead and saturated units, the magnitudes of gradients, the
 * gradients' values in double precision, and whether the network can memorize 20 examples. If there
 * is only one class, only the data is checked.
 *
 * Errors: those of the boxes and the dataset.
 * Source: lecture, "Other things good to know".
 *
 *     const diagnostics = await diagnose({ build: () => lenet({ rng }), data: train, rng });
 *     console.log(diagnostics.filter(({ severity }) => severity === 'bad'));
 */
export async function diagnose(context: DiagnosticContext): Promise<Diagnostic[]> {
  const data = [await labelBalance(context), await dataScale(context)];
  // With only one class, the cost is always 0, whatever the network computes, and so are its
  // gradients.
  if (context.data.classes === 1) return data;
  return [
    ...data,
    lastBatch(context),
    await startLoss(context),
    ...(await units(context)),
    await gradients(context),
    await realGradient(context),
    await smallSubset(context),
  ];
}
