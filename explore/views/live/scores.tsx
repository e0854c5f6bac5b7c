import type { JSX } from 'preact';
import { format } from '../../ui/format.ts';
import type { Answer } from '../../engine/live/analyse.ts';

/** The probability of each digit, as bars and numbers. */
export function Scores({
  answer: { digit, probabilities, scores },
  label,
}: {
  readonly answer: Answer;
  /** The right answer, if it is known. */
  readonly label?: number | undefined;
}): JSX.Element {
  return (
    <table class="scores">
      <caption>
        It says {digit}
        {label !== undefined && (label === digit ? ', which is right' : `, but it is a ${label}`)}.
      </caption>
      <thead class="sr-only">
        <tr>
          <th scope="col">digit</th>
          <th scope="col">bar</th>
          <th scope="col">probability</th>
          <th scope="col">score</th>
        </tr>
      </thead>
      <tbody>
        {probabilities.map((probability, k) => (
          <tr key={k} class={k === digit ? 'best' : ''}>
            <th scope="row">{k}</th>
            <td class="bar" aria-hidden="true">
              <span style={{ width: `${100 * probability}%` }} />
            </td>
            <td>{(100 * probability).toFixed(1)} %</td>
            <td class="score">{format(scores[k], 2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
