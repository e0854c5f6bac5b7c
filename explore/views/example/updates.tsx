import type { JSX } from 'preact';
import type { Snapshot } from '../../engine/snapshot.ts';
import { SLIDE } from '../../../models/slideOfExample.ts';
import { Equation } from '../../ui/equation.tsx';
import { format } from '../../ui/format.ts';

interface Props {
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Whether the slide shows the same update. */
  readonly isOfSlide: boolean;
}

/** The weights before and after the first update, beside the slide's rounded numbers. */
export function Updates({ before, after, isOfSlide }: Props): JSX.Element {
  return (
    <section class="updates">
      <h2>The first update</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">weight</th>
            <th scope="col">before</th>
            <th scope="col">∂C/∂w</th>
            <th scope="col">after</th>
            {isOfSlide && <th scope="col">on the slide</th>}
          </tr>
        </thead>
        <tbody>
          {SLIDE.flatMap((names, box) =>
            names.map(([name, slide], k) => {
              const { params, gradParams } = before.boxes[box];
              return (
                <tr key={name}>
                  <th scope="row">
                    <Equation text={name.replace('w', 'w_')} />
                  </th>
                  <td>{format(params.weight.values[k], 7)}</td>
                  <td>{format(gradParams.weight.values[k], 7)}</td>
                  <td>{format(after.boxes[box].params.weight.values[k], 7)}</td>
                  {isOfSlide && <td>{slide.replace('-', '−')}</td>}
                </tr>
              );
            }),
          )}
        </tbody>
      </table>
      <p>
        The cost is {format(before.loss, 7)} before and {format(after.loss, 7)} after.
      </p>
    </section>
  );
}
