import type { JSX } from 'preact';
import { docOf } from '../docs.ts';
import type { Arrow } from '../plugins/boxDoc.ts';
import { Equation } from './equation.tsx';

/** The three arrows of a box, as readers call them. */
export const ARROW_WORDS: Readonly<Record<Arrow, string>> = {
  forward: 'forward',
  backpropToInput: 'backprop to the input',
  backpropToParams: 'backprop to the parameters',
};

interface Props {
  readonly box: string;
  readonly arrow: Arrow;
}

/** The equations of one arrow of a box, as its docstring has them. */
export function Equations({ box, arrow }: Props): JSX.Element {
  const lines = docOf(box)?.equations[arrow] ?? [];
  return (
    <div class="equations">
      {lines.map((line) => (
        <div key={line}>
          <Equation text={line} />
        </div>
      ))}
    </div>
  );
}
