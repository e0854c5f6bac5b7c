import type { JSX } from 'preact';
import type { Read, Signal } from '../../engine/borders.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import type { Ref } from '../../engine/refs.ts';
import { setState } from '../../router.ts';
import type { Session } from '../../session.ts';
import { short } from '../../ui/format.ts';
import { Row, type RowCell } from './row.tsx';

interface RowsProps {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly signal: Signal;
  readonly reads: readonly Read[];
  /** The output whose window is shown, or the input whose gradient is shown. */
  readonly at: number;
}

/** Whether a cell lies in the border. */
const isBorder = ({ cell }: Read, { x }: Signal) => cell < 0 || cell >= x.length;

const input = (index: number): Ref => ({ kind: 'activation', place: 0, part: 0, index });
const output = (index: number): Ref => ({ kind: 'activation', place: 1, part: 0, index });
const gradIn = (index: number): Ref => ({ kind: 'gradient', place: 0, part: 0, index });
const gradOut = (index: number): Ref => ({ kind: 'gradient', place: 1, part: 0, index });
const weight = (index: number): Ref => ({ kind: 'param', box: 0, name: 'weight', index });

/** The columns of all rows: cells before the signal, and the place of an output. */
function layoutOf(signal: Signal, reads: readonly Read[]) {
  const first = Math.min(0, ...reads.map(({ cell }) => cell));
  const last = Math.max(signal.x.length - 1, ...reads.map(({ cell }) => cell));
  const middle = (i: number) =>
    signal.kind === 'convolution' ? i : i * signal.stride + Math.floor((signal.size - 1) / 2);
  return { first, last, columns: last - first + 1, middle };
}

/** The forward pass: the signal with its border, the window of one output, and the outputs. */
export function Forward({ session, snapshot, signal, reads, at }: RowsProps): JSX.Element {
  const { first, last, columns, middle } = layoutOf(signal, reads);
  const window = reads.filter((read) => read.output === at);
  const values = snapshot.activations[0][0].values;
  const results = snapshot.activations[1][0].values;
  const cells = Array.from({ length: columns }, (_, k): RowCell => {
    const cell = first + k;
    const read = reads.find((one) => one.cell === cell);
    const inside = cell >= 0 && cell < signal.x.length;
    const from = inside ? cell : read?.from;
    const lit = window.some((one) => one.cell === cell);
    const wins = window.some((one) => one.cell === cell && one.counts);
    return {
      column: k,
      value: from === undefined ? 0 : values[from],
      ...(inside && { sel: input(cell) }),
      ghost: !inside,
      lit,
      strong: signal.kind === 'pooling' && wins,
      ...(inside && { go: () => setState({ at: String(Math.min(cell, results.length - 1)) }) }),
      note: inside ? '' : from === undefined ? 'no cell' : `x[${from}]`,
      label: `x_in[${cell}]${inside ? '' : from === undefined ? ', a zero of the border' : `, read from x_in[${from}]`}`,
    };
  });
  const taps = window.map((read): RowCell => ({
    column: read.cell - first,
    value: signal.kind === 'convolution' ? signal.w[read.tap] : values[read.from ?? 0],
    ...(signal.kind === 'convolution' && { sel: weight(read.tap) }),
    lit: true,
    strong: read.counts && signal.kind === 'pooling',
    ghost: isBorder(read, signal),
    label: signal.kind === 'convolution' ? `w[${read.tap}]` : `element ${read.tap}`,
  }));
  const outs = [...results].map((value, i): RowCell => ({
    column: middle(i) - first,
    value,
    sel: output(i),
    strong: i === at,
    label: `x_out[${i}]`,
    go: () => setState({ at: String(i) }),
  }));
  return (
    <section class="signal forward" aria-label="forward">
      <Row session={session} name="x_in" columns={columns} cells={cells} bars moves />
      {signal.kind === 'convolution' && (
        <Row session={session} name="w" columns={columns} cells={taps} />
      )}
      <Row session={session} name="x_out" columns={columns} cells={outs} bars moves />
      <p class="sum-line" aria-live="polite">
        x<sub>out</sub>[{at}] ={' '}
        <Terms
          terms={window.map((read) => ({
            border: isBorder(read, signal),
            text: termText(read, signal, values),
          }))}
          pooling={signal.kind === 'pooling'}
        />{' '}
        = <strong>{short(results[at])}</strong>
        {last >= signal.x.length || first < 0 ? (
          <span class="hint"> (the border is marked)</span>
        ) : null}
      </p>
    </section>
  );
}

/** The backward pass: the outputs that send a gradient to one element of the input. */
export function Backward({ session, snapshot, signal, reads, at }: RowsProps): JSX.Element {
  const { first, columns, middle } = layoutOf(signal, reads);
  const senders = reads.filter(({ from, counts }) => counts && from === at);
  const grads = snapshot.gradients[1][0].values;
  const results = snapshot.gradients[0][0].values;
  const outs = [...grads].map((value, i): RowCell => {
    const mine = senders.filter((read) => read.output === i);
    const factors = mine.map(({ tap }) =>
      signal.kind === 'convolution' ? `·${short(signal.w[tap])}` : '·1',
    );
    return {
      column: middle(i) - first,
      value,
      sel: gradOut(i),
      lit: mine.length > 0,
      ghost: mine.some((read) => isBorder(read, signal)),
      note: factors.join(' '),
      label: `∂C/∂x_out[${i}]`,
    };
  });
  const ins = [...results].map((value, j): RowCell => ({
    column: j - first,
    value,
    sel: gradIn(j),
    strong: j === at,
    label: `∂C/∂x_in[${j}]`,
    go: () => setState({ to: String(j) }),
  }));
  const terms = senders.map((read) => ({
    border: isBorder(read, signal),
    text: `${short(grads[read.output])}·${signal.kind === 'convolution' ? short(signal.w[read.tap]) : '1'}`,
  }));
  return (
    <section class="signal backward" aria-label="backprop to the input">
      <Row session={session} name="∂C/∂x_out" columns={columns} cells={outs} />
      <Row session={session} name="∂C/∂x_in" columns={columns} cells={ins} bars moves />
      <p class="sum-line" aria-live="polite">
        ∂C/∂x<sub>in</sub>[{at}] = <Terms terms={terms} pooling={false} /> ={' '}
        <strong>{short(results[at])}</strong>
      </p>
    </section>
  );
}

function termText({ from, tap }: Read, signal: Signal, values: Float64Array): string {
  const value = short(from === undefined ? 0 : values[from]);
  return signal.kind === 'convolution' ? `${value}·${short(signal.w[tap])}` : value;
}

interface TermsProps {
  readonly terms: readonly { readonly border: boolean; readonly text: string }[];
  readonly pooling: boolean;
}

function Terms({ terms, pooling }: TermsProps) {
  if (terms.length === 0) return <>nothing is sent here</>;
  return (
    <>
      {pooling && 'max('}
      {terms.map(({ border, text }, i) => (
        <>
          {i > 0 && (pooling ? ', ' : ' + ')}
          <span class={border ? 'border-term' : ''}>{text}</span>
        </>
      ))}
      {pooling && ')'}
    </>
  );
}
