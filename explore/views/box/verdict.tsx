import type { JSX } from 'preact';
import type { Verdict } from '../../engine/verdict.ts';

/** The verdict, `checking` until it is there, or the reason why there is none. */
export type VerdictState = readonly Verdict[] | 'checking' | { readonly problem: string };

/** The gradient checker's verdict on a box, in its own words. */
export function VerdictView({ verdict }: { readonly verdict: VerdictState }): JSX.Element {
  if (verdict === 'checking' || 'problem' in verdict) {
    return (
      <section class="checker" aria-live="polite">
        <h2>The gradient checker</h2>
        <p class="hint">{verdict === 'checking' ? 'checking…' : verdict.problem}</p>
      </section>
    );
  }
  const wrong = verdict.filter(({ message }) => message !== undefined);
  const checked = verdict
    .filter(({ tensor }) => tensor !== 'output')
    .reduce((sum, one) => sum + one.checked, 0);
  return (
    <section class={`checker ${wrong.length > 0 ? 'wrong' : 'right'}`} aria-live="polite">
      <h2>The gradient checker</h2>
      {wrong.length === 0 ? (
        <p class="verdict">
          <span aria-hidden="true">✓</span> all {checked} derivatives agree with their central
          difference
        </p>
      ) : (
        <ul>
          {wrong.map(({ tensor, message }) => (
            <li key={tensor}>
              <Message text={message ?? ''} />
            </li>
          ))}
        </ul>
      )}
      {wrong.length > 0 && (
        <p class="hint">
          It compares every element of every gradient, at a ∂C/∂x_out that it draws, so these
          numbers are not those of the figure.
        </p>
      )}
    </section>
  );
}

/** A message of the checker: the numbers, then the mistake that would explain them. */
function Message({ text }: { readonly text: string }) {
  const [numbers, guess] = text.split('; looks like this: ');
  return (
    <>
      {guess !== undefined && (
        <p class="verdict">
          <span aria-hidden="true">✗</span> looks like this: {guess}
        </p>
      )}
      <p class={guess === undefined ? 'verdict' : 'numbers-in'}>
        {guess === undefined && <span aria-hidden="true">✗ </span>}
        {numbers}
      </p>
    </>
  );
}
