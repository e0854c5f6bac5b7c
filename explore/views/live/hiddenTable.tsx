import type { JSX } from 'preact';
import type { HiddenUnits } from '../../../report/hiddenUnits.ts';
import { Raster } from '../../ui/raster.tsx';

/** The outputs of hidden units: one row per example, one column per unit, as in the lecture. */
export function HiddenTable({ units }: { readonly units: HiddenUnits }): JSX.Element {
  return (
    <figure class="hidden-units">
      <Raster
        rows={units.examples}
        columns={units.units}
        values={units.values}
        width={Math.min(1000, 2 * units.units)}
        label={`outputs of ${units.units} units for ${units.examples} digits: ${units.sentence}`}
      />
      <figcaption>
        one row per digit, one column per unit; strong colours are large outputs
      </figcaption>
    </figure>
  );
}
