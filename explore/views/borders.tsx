import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { outputsOf, readsOf, signalSubject, type Signal } from '../engine/borders.ts';
import type { Subject } from '../engine/engine.ts';
import type { RemoteEngine } from '../engine/messages.ts';
import { setState, state } from '../router.ts';
import { Session } from '../session.ts';
import { Choice } from '../ui/choice.tsx';
import { readNumber, readNumbers, type NumberRule } from '../ui/readNumber.ts';
import { Equation } from '../ui/equation.tsx';
import { Stage } from '../ui/stage.tsx';
import { Backward, Forward } from './borders/rows.tsx';

const BOUNDARIES = ['zeros', 'replicate', 'reflect', 'circular'] as const;

/** The view of the borders: a convolution or a pooling that runs over a signal. */
export function BordersView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const session = useMemo(() => new Session(engine, 'borders'), [engine]);
  useEffect(() => () => void session.close(), [session]);
  const signal = signalOf(state.value);
  const key = JSON.stringify(signal);
  const signals = useMemo(() => new WeakMap<Subject, Signal>(), []);
  useEffect(() => {
    const subject = signalSubject(signal);
    signals.set(subject, signal);
    void session.open(subject);
  }, [session, key]);
  // The figure shows the last signal that was opened; the box may refuse a later one.
  const { value: opened } = session.subject;
  const drawn = opened && signals.get(opened);
  return (
    <>
      <div class="lead">
        <h1>Borders</h1>
        <p>
          {signal.kind === 'convolution'
            ? 'Move along the outputs: the window reads cells outside the signal, and the border says what stands there. The gradient goes back to where they were read.'
            : 'Move along the outputs: the first of the largest elements of a window wins, and gets its whole gradient.'}
        </p>
      </div>
      <div class="toolbar form" role="group" aria-label="the signal">
        <Choice
          label="box"
          value={signal.kind}
          choices={['convolution', 'pooling']}
          onChoice={(box) => setState({ box, x: undefined, g: undefined })}
        />
        <List name="x" label="x_in" value={signal.x} />
        {signal.kind === 'convolution' ? (
          <>
            <List name="w" label="kernel w" value={signal.w} />
            <Choice
              label="border"
              value={signal.boundary}
              choices={BOUNDARIES}
              onChoice={(border) => setState({ border })}
            />
          </>
        ) : (
          <>
            <Size name="size" label="window K" value={signal.size} />
            <Size name="stride" label="stride" value={signal.stride} />
          </>
        )}
        <List name="g" label="∂C/∂x_out" value={signal.g} />
      </div>
      <Stage session={session} editable={false}>
        {drawn && <Rows session={session} signal={drawn} />}
      </Stage>
    </>
  );
}

/** Both directions of a signal that the session has opened. */
function Rows({ session, signal }: { readonly session: Session; readonly signal: Signal }) {
  const { value: snapshot } = session.snapshot;
  if (snapshot === undefined) return null;
  const at = Math.min(numberOf('at', 0), Math.max(0, outputsOf(signal) - 1));
  const to = Math.min(numberOf('to', 0), signal.x.length - 1);
  const rows = { session, snapshot, signal, reads: readsOf(signal) };
  return (
    <>
      <Forward {...rows} at={at} />
      <Backward {...rows} at={to} />
    </>
  );
}

/** Reads the signal from the address; the first one is that of the problem set. */
function signalOf(values: URLSearchParams): Signal {
  const pooling = values.get('box') === 'pooling';
  const x = listOf(values.get('x'), pooling ? [2, 5, 5, 1, 3] : [1, 2, 3, 4]);
  if (pooling) {
    const size = sizeOf(values.get('size'), 3);
    const stride = sizeOf(values.get('stride'), 1);
    const count = outputsOf({ kind: 'pooling', x, g: [], size, stride });
    return { kind: 'pooling', x, size, stride, g: fitted(listOf(values.get('g'), [1, 10, 100]), count) }; // prettier-ignore
  }
  const boundary = BOUNDARIES.find((one) => one === values.get('border')) ?? 'replicate';
  const w = listOf(values.get('w'), [1, 10, 100]);
  return { kind: 'convolution', x, w, boundary, g: fitted(listOf(values.get('g'), [1]), x.length) };
}

/** The largest length of a list, whose numbers still fit in one row. */
const LONGEST = 12;

/** The sizes of a window, and its steps. */
const SIZE: NumberRule = { whole: true, least: 1, most: LONGEST };

function listOf(text: string | null, otherwise: readonly number[]): readonly number[] {
  const typed = readNumbers(text ?? '', LONGEST);
  return 'values' in typed ? typed.values : otherwise;
}

function sizeOf(text: string | null, otherwise: number): number {
  const typed = readNumber(text ?? '', SIZE);
  return 'value' in typed ? typed.value : otherwise;
}

/** Makes a list of this length; its last number is repeated. */
function fitted(list: readonly number[], length: number): readonly number[] {
  return Array.from({ length }, (_, i) => list[Math.min(i, list.length - 1)]);
}

function numberOf(key: string, otherwise: number): number {
  const value = Number(state.value.get(key) ?? otherwise);
  return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  /** The numbers in use. */
  readonly value: readonly number[];
  /** Returns the reason why a text cannot be used; undefined if it can. */
  readonly problemOf: (text: string) => string | undefined;
}

/** A field for the numbers of the signal. It keeps a refused text, with the reason beside it. */
function Field({ name, label, value, problemOf }: FieldProps) {
  const text = state.value.get(name);
  const problem = text === null ? undefined : problemOf(text);
  const used = value.join(', ');
  return (
    <label>
      <span>
        <Equation text={label} />
      </span>
      <input
        type="text"
        class={value.length > 1 ? 'wide' : ''}
        value={problem === undefined ? used : (text ?? '')}
        aria-invalid={problem !== undefined}
        onChange={({ currentTarget }) => setState({ [name]: currentTarget.value || undefined })}
      />
      {problem !== undefined && (
        <span class="problem" role="alert">
          {label}: {problem}; {used} is used
        </span>
      )}
    </label>
  );
}

function List(props: Omit<FieldProps, 'problemOf'>) {
  const problemOf = (text: string) => {
    const typed = readNumbers(text, LONGEST);
    return 'problem' in typed ? typed.problem : undefined;
  };
  return <Field {...props} problemOf={problemOf} />;
}

function Size({
  value,
  ...props
}: Omit<FieldProps, 'problemOf' | 'value'> & { readonly value: number }) {
  const problemOf = (text: string) => {
    const typed = readNumber(text, SIZE);
    return 'problem' in typed ? typed.problem : undefined;
  };
  return <Field {...props} value={[value]} problemOf={problemOf} />;
}
