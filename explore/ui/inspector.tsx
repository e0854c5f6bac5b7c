import type { JSX } from 'preact';
import type { Check } from '../engine/check.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import type { Products } from '../engine/products.ts';
import type { Ref } from '../engine/refs.ts';
import type { Factor, Term } from '../engine/terms.ts';
import type { Session } from '../session.ts';
import { Equation } from './equation.tsx';
import { ARROW_WORDS, Equations } from './equations.tsx';
import { format } from './format.ts';
import { nameOf } from './names.ts';

/** The number of products that are written out; more are counted. */
const MOST_TERMS = 12;

/**
 * The selected number: the equation of its box, the products whose sum it is, and the central
 * difference beside the derivative.
 */
export function Inspector({
  session,
  editable = true,
}: {
  readonly session: Session;
  /** Whether the figure has numbers that the reader may change. */
  readonly editable?: boolean;
}): JSX.Element {
  const { value: selected } = session.selected;
  const { value: snapshot } = session.snapshot;
  const { value: inspection } = session.inspection;
  if (selected === undefined || snapshot === undefined) {
    return (
      <aside class="inspector empty" aria-label="about the selected number">
        <p>Click any number to see where it comes from, and its proof.</p>
        <p class="hint">
          {editable
            ? 'Outlined numbers are yours to change: drag to the side, double click, or press a digit. '
            : 'The fields above change the numbers. '}
          Everything that depends on them follows.
        </p>
      </aside>
    );
  }
  return (
    <aside class="inspector" aria-label="about the selected number" aria-live="polite">
      <header>
        <h2>
          <Equation text={nameOf(selected, snapshot)} />
        </h2>
        <button
          type="button"
          class="close"
          aria-label="close"
          onClick={() => void session.select(undefined)}
        >
          ×
        </button>
      </header>
      {inspection && (
        <>
          <p class="big">{format(inspection.value, 7)}</p>
          {inspection.products ? (
            <Sum session={session} snapshot={snapshot} products={inspection.products} />
          ) : (
            <Origin selected={selected} />
          )}
          {inspection.check && (
            <Proof selected={selected} snapshot={snapshot} check={inspection.check} />
          )}
        </>
      )}
    </aside>
  );
}

/** The origin of a number that no box computes. */
function Origin({ selected }: { readonly selected: Ref }) {
  const words: Record<string, string> = {
    activation: 'This is an input. Change it, and everything that depends on it follows.',
    param: 'This is a weight. Change it, or let a step change it: w ← w + η ∂C/∂w.',
    buffer:
      'This is state of the box. It is saved with the weights, but no gradient changes it: the box itself updates it after each batch of training, if at all.',
    target: 'This is the target of the cost.',
    loss: 'Without a cost, C = Σ g · x_out, where g is the given ∂C/∂x_out.',
    gradient: 'This is the given ∂C/∂x_out; a cost, or the next box, would send it back.',
  };
  return <p class="hint">{words[selected.kind]}</p>;
}

function Sum({
  session,
  snapshot,
  products,
}: {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly products: Products;
}) {
  const { box, arrow, terms, isSum, value, sum } = products;
  const name = snapshot.boxes[box]?.name ?? snapshot.cost?.name ?? '';
  const shown = terms.slice(0, MOST_TERMS);
  return (
    <section class={`sum ${arrow ?? ''}`}>
      <h3>
        {name}, {arrow ? ARROW_WORDS[arrow] : 'the update of its state'}
      </h3>
      {arrow && <Equations box={name} arrow={arrow} />}
      {isSum ? (
        <p class="numbers-in">
          <span class="equals">=</span>
          {shown.map((term, i) => (
            <>
              {i > 0 && <span class="plus"> + </span>}
              <Product key={i} session={session} snapshot={snapshot} term={term} />
            </>
          ))}
          {terms.length > shown.length && <span> + … ({terms.length - shown.length} more)</span>}
          {terms.length === 0 && <span>0: no term reaches it</span>}
          <span class="equals"> {isExact(shown) ? '=' : '≈'} </span>
          <strong>{format(sum ?? value, 7)}</strong>
          {sum !== undefined && <span class="but">, but the box returns {format(value, 7)}</span>}
        </p>
      ) : (
        <p class="numbers-in">
          No sum of products; the box computes it from{' '}
          {shown.map((term, i) => (
            <>
              {i > 0 && ', '}
              <Product key={i} session={session} snapshot={snapshot} term={term} />
            </>
          ))}
          {terms.length > shown.length && <span> and {terms.length - shown.length} more</span>}
        </p>
      )}
    </section>
  );
}

/** Whether the factors have no more digits than are shown. */
function isExact(terms: readonly Term[]): boolean {
  return terms.flat().every(({ value }) => Number(value.toFixed(4)) === value);
}

function Product({
  session,
  snapshot,
  term,
}: {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly term: Term;
}) {
  return (
    <span class="product">
      {term.map((factor, i) => (
        <>
          {i > 0 && '·'}
          <FactorView key={i} session={session} snapshot={snapshot} factor={factor} />
        </>
      ))}
    </span>
  );
}

function FactorView({
  session,
  snapshot,
  factor: { ref, value, inside, name: words = 'a derivative of the box' },
}: {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly factor: Factor;
}) {
  const text = value < 0 ? `(${format(value)})` : format(value);
  if (ref === undefined) {
    return (
      <span class="factor derivative" title={`${inside ?? words}: ${value}`}>
        {inside && <span class="from">{inside} </span>}
        {text}
      </span>
    );
  }
  const name = nameOf(ref, snapshot);
  return (
    <button
      type="button"
      class={`factor ${ref.kind}`}
      title={`${name} = ${value}`}
      aria-label={`${name} = ${format(value)}`}
      onClick={() => void session.select(ref)}
    >
      {text}
    </button>
  );
}

const VERDICTS = {
  right: 'they agree',
  wrong: 'they do not agree',
  kink: 'a kink: the slopes on its two sides differ, so there is no derivative here',
} as const;

function Proof({
  selected,
  snapshot,
  check: { analytic, numeric, step, verdict },
}: {
  readonly selected: Ref;
  readonly snapshot: Snapshot;
  readonly check: Check;
}) {
  const name = nameOf(selected, snapshot).replace(/^∂C\/∂/, '');
  const isLast = 'place' in selected && selected.place === snapshot.boxes.length;
  if (isLast && snapshot.cost === undefined) {
    return (
      <section class="proof right">
        <h3>
          <Equation text={`∂C/∂${name}`} />
        </h3>
        <p class="hint">
          It is given: C is the sum of x<sub>out</sub> times these numbers, so there is nothing to
          prove. Every other gradient follows from it.
        </p>
      </section>
    );
  }
  const variable = selected.kind === 'param' || selected.kind === 'gradParam' ? 'w' : 'x';
  const isDerivative = selected.kind === 'gradient' || selected.kind === 'gradParam';
  return (
    <section class={`proof ${verdict}`}>
      <h3>
        {isDerivative ? (
          'Proof'
        ) : (
          <>
            If it changes, C changes by <Equation text={`∂C/∂${name}`} />
          </>
        )}
      </h3>
      <dl>
        <dt>
          <Equation text={`∂C/∂${name}`} />, from the boxes
        </dt>
        <dd data-proof="analytic">{format(analytic, 9)}</dd>
        <dt>
          (C({variable} + h) − C({variable} − h)) / 2h
        </dt>
        <dd data-proof="numeric">{format(numeric, 9)}</dd>
        <dt>h</dt>
        <dd>{step.toExponential(1)}</dd>
      </dl>
      <p class="verdict">
        <span aria-hidden="true">{verdict === 'right' ? '✓' : verdict === 'kink' ? '∧' : '✗'}</span>{' '}
        {VERDICTS[verdict]}
      </p>
    </section>
  );
}
