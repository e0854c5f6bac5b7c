import type { JSX } from 'preact';
import type { Lab } from './lab.ts';
import { BOXES } from './boxes.ts';

/** The range of the picture of update / weight, as powers of ten. */
const [LEAST, MOST] = [-6, 0];

/**
 * The sizes of weights, gradients and updates of each box; update / weight near 0.001 is healthy.
 */
export function Layers({ lab }: { readonly lab: Lab }): JSX.Element {
  const { value: layers } = lab.layers;
  return (
    <section class="layers">
      <h2>How large is a step?</h2>
      {layers === undefined ? (
        <p class="hint">
          One step, slow motion, and the end of each epoch measure the weights, gradients and
          updates of each box.
        </p>
      ) : (
        <table>
          <caption>
            root mean squares; update / weight near 0.001 is healthy, a thousandth of it learns
            nothing, and 1 destroys what was learned
          </caption>
          <thead>
            <tr>
              <th scope="col">box</th>
              <th scope="col">weight</th>
              <th scope="col">gradient</th>
              <th scope="col">update</th>
              <th scope="col">update / weight</th>
            </tr>
          </thead>
          <tbody>
            {layers.map(({ path, weight, gradient, update }) => (
              <tr key={path}>
                <th scope="row">{BOXES[Number(path)] ?? path}</th>
                <td>{brief(weight)}</td>
                <td>{brief(gradient)}</td>
                <td>{brief(update)}</td>
                <td>
                  <Ratio ratio={update / weight} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** A ratio as a number, and as a dot on a scale of powers of ten with a mark at 0.001. */
function Ratio({ ratio }: { readonly ratio: number }) {
  const place = (Math.log10(ratio) - LEAST) / (MOST - LEAST);
  const at = Number.isFinite(place) ? Math.min(1, Math.max(0, place)) : 0;
  return (
    <span class="ratio">
      {brief(ratio)}
      <span class="ruler" aria-hidden="true">
        <span class="dot" style={{ left: `${100 * at}%` }} />
      </span>
    </span>
  );
}

function brief(value: number): string {
  return value >= 0.001 && value < 1000 ? value.toPrecision(3) : value.toExponential(1);
}
