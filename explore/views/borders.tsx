import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { outputsOf, readsOf, signalSubject, type Signal } from '../engine/borders.ts';
import type { RemoteEngine } from '../engine/messages.ts';
import { setState, state } from '../router.ts';
import { Session } from '../session.ts';
import { Choice } from '../ui/choice.tsx';
import { Stage } from '../ui/stage.tsx';
import { Backward, Forward } from './borders/rows.tsx';

const BOUNDARIES = ['zeros', 'replicate', 'reflect', 'circular'] as const;

/** The view of the borders: a convolution or a pooling that runs over a signal. */
export function BordersView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const session = useMemo(() => new Session(engine, 'borders'), [engine]);
  useEffect(() => () => void session.close(), [session]);
  const signal = signalOf(state.value);
  const key = JSON.stringify(signal);
  useEffect(() => {
    void session.open(signalSubject(signalOf(state.value)));
  }, [session, key]);
  const snapshot = session.snapshot.value;
  const outputs = outputsOf(signal);
  const at = Math.min(numberOf('at', 0), Math.max(0, outputs - 1));
  const to = Math.min(numberOf('to', 0), signal.x.length - 1);
  // Until the worker has opened this signal, the numbers are those of an earlier one.
  const fits =
    snapshot?.activations[1]?.[0].values.length === outputs &&
    snapshot.activations[0][0].values.length === signal.x.length;
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
            <List name="size" label="window K" value={[signal.size]} />
            <List name="stride" label="stride" value={[signal.stride]} />
          </>
        )}
        <List name="g" label="∂C/∂x_out" value={signal.g} />
      </div>
      <Stage session={session}>
        {snapshot && fits && (
          <>
            <Forward
              session={session}
              snapshot={snapshot}
              signal={signal}
              reads={readsOf(signal)}
              at={at}
            />
            <Backward
              session={session}
              snapshot={snapshot}
              signal={signal}
              reads={readsOf(signal)}
              at={to}
            />
          </>
        )}
      </Stage>
    </>
  );
}

/** Reads the signal from the address; the first one is that of the problem set. */
function signalOf(values: URLSearchParams): Signal {
  const pooling = values.get('box') === 'pooling';
  const x = listOf(values.get('x'), pooling ? [2, 5, 5, 1, 3] : [1, 2, 3, 4]);
  if (pooling) {
    const [size] = listOf(values.get('size'), [3]);
    const [stride] = listOf(values.get('stride'), [1]);
    const count = outputsOf({ kind: 'pooling', x, g: [], size, stride });
    return { kind: 'pooling', x, size, stride, g: fitted(listOf(values.get('g'), [1, 10, 100]), count) }; // prettier-ignore
  }
  const boundary = BOUNDARIES.find((one) => one === values.get('border')) ?? 'replicate';
  const w = listOf(values.get('w'), [1, 10, 100]);
  return { kind: 'convolution', x, w, boundary, g: fitted(listOf(values.get('g'), [1]), x.length) };
}

/** Reads a list of at most twelve numbers. */
function listOf(text: string | null, otherwise: readonly number[]): readonly number[] {
  const list = (text ?? '').replaceAll('−', '-').split(/[\s,;]+/).filter(Boolean).map(Number); // prettier-ignore
  return list.length > 0 && list.every(Number.isFinite) ? list.slice(0, 12) : otherwise;
}

/** Makes a list of this length; its last number is repeated. */
function fitted(list: readonly number[], length: number): readonly number[] {
  return Array.from({ length }, (_, i) => list[Math.min(i, list.length - 1)]);
}

function numberOf(key: string, otherwise: number): number {
  const value = Number(state.value.get(key) ?? otherwise);
  return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}

function List({
  name,
  label,
  value,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: readonly number[];
}) {
  return (
    <label>
      <span>{label}</span>
      <input
        type="text"
        class={value.length > 1 ? 'wide' : ''}
        value={value.join(', ')}
        onChange={({ currentTarget }) => setState({ [name]: currentTarget.value })}
      />
    </label>
  );
}
