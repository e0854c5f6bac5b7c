import type { JSX } from 'preact';
import type { FilterFit, GaborFits } from '../../../report/gaborFits.ts';
import { largestOf } from '../../ui/colour.ts';
import { Raster } from '../../ui/raster.tsx';

/** The filters of the first box, each beside the nearest Gabor function. */
export function Filters({
  filters: { fits, sentence },
}: {
  readonly filters: GaborFits;
}): JSX.Element {
  return (
    <section>
      <h2>The filters of the first box</h2>
      <p>{sentence}</p>
      <p class="hint">
        Beside each filter f is the nearest Gabor function, a wave under a bell, as cells of the
        visual cortex have. The percentage says how much of the filter it explains, as a share of Σ
        f², the sum of its squared weights. Many smooth filters do not make a training good.
      </p>
      <ul class="filters">
        {fits.map((one, k) => (
          <li key={k}>
            <Filter fit={one} number={k + 1} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The width of a filter in CSS pixels. */
const WIDTH = 50;

function Filter({
  fit: { filter, fit, gabor, isGabor },
  number,
}: {
  readonly fit: FilterFit;
  readonly number: number;
}) {
  const largest = largestOf(filter.values);
  const share = `${Math.round(100 * gabor.explained)} %`;
  const size = { rows: filter.height, columns: filter.width, width: WIDTH, largest };
  return (
    <figure>
      <div class="pair">
        <Raster {...size} values={filter.values} label={`filter ${number}`} />
        <Raster
          {...size}
          values={fit.values}
          label={`its Gabor function, which explains ${share}`}
        />
      </div>
      <figcaption>
        {isGabor && <b>Gabor, </b>}
        {share} explained
      </figcaption>
    </figure>
  );
}
