import Table from 'cli-table3';
import { estimate, type Estimate } from '../../lib/estimate.ts';
import { thousands } from '../summary.ts';
import type { Retraining, Variant } from './retrain.ts';

/** The effect of leaving out some layers. Errors are in percent. */
export interface AblationRow extends Variant {
  /** The number of parameters that the whole network has in addition. */
  readonly dropped: number;
  readonly error: Estimate;
  /** The error minus that of the whole network with the same seed; undefined for the latter. */
  readonly rise: Estimate | undefined;
}

/** Computes the effects from the results of the same seeds for all networks. */
export function ablationRows(
  variants: readonly Variant[],
  resultOf: (variant: Variant) => readonly Retraining[],
): AblationRow[] {
  const errorsOf = (variant: Variant) =>
    resultOf(variant).map(({ errors, examples }) => (100 * errors) / examples);
  const [whole] = variants;
  const base = errorsOf(whole);
  return variants.map((variant) => {
    const own = errorsOf(variant);
    return {
      ...variant,
      dropped: whole.parameters - variant.parameters,
      error: estimate(own),
      rise: variant === whole ? undefined : estimate(own.map((error, i) => error - base[i])),
    };
  });
}

/** Formats the effects as a table. */
export function formatRetrained(rows: readonly AblationRow[], seeds: number): string {
  const table = new Table({
    head: ['without', 'layer', 'parameters', 'fewer', 'test error, %', 'rises by'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { without, what, parameters, dropped, error, rise } of rows) {
    const name = without.length === 0 ? '(all layers)' : without.join(' + ');
    table.push([
      name,
      what,
      thousands(parameters),
      thousands(dropped),
      show(error),
      rise === undefined ? '' : show(rise),
    ]);
  }
  const how = seeds === 1 ? 'one seed' : `mean and standard error of ${seeds} seeds`;
  return `Retrained without layers: ${how}\n${table.toString()}`;
}

function show({ mean, standardError }: Estimate): string {
  return standardError === undefined
    ? mean.toFixed(2)
    : `${mean.toFixed(2)} ± ${standardError.toFixed(2)}`;
}
