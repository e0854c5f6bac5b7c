import type { JSX } from 'preact';
import type { Snapshot } from '../engine/snapshot.ts';
import type { Value } from '../engine/values.ts';
import type { Session } from '../session.ts';
import { placeName } from './names.ts';
import { TensorView } from './tensorView.tsx';

/** The arrows that are shown; the worked example reveals them one after another. */
export interface Shown {
  readonly forward: boolean;
  readonly backward: boolean;
}

interface ChainProps {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly shown?: Shown;
  /** Whether the reader may change ∂C/∂x_out of the last box. */
  readonly gradEditable?: boolean;
  /** The first and the last box that are drawn; by default all. */
  readonly range?: readonly [first: number, last: number];
}

/**
 * The recurring figure: a chain of boxes with the three arrows of each. Values run forward along the
 * upper line, gradients back along the lower line, and ∂C/∂w leaves each box at the bottom.
 */
export function Chain(props: ChainProps): JSX.Element {
  const { snapshot, shown = { forward: true, backward: true } } = props;
  const end = snapshot.boxes.length - 1;
  const [first, last] = props.range ?? [0, end];
  return (
    <div class={first === last ? 'chain one' : 'chain'}>
      {snapshot.activations.map(
        (_, place) =>
          place >= first &&
          place <= last + 1 && (
            <>
              <Place {...props} place={place} shown={shown} />
              {place <= last && <BoxBody {...props} box={place} shown={shown} />}
            </>
          ),
      )}
      {snapshot.cost && last === end && <CostBody {...props} />}
    </div>
  );
}

function Place({
  session,
  snapshot,
  place,
  shown,
  gradEditable = false,
}: ChainProps & { readonly place: number; readonly shown: Shown }) {
  const last = snapshot.boxes.length;
  const { value: before } = session.before;
  const name = placeName(place, last);
  const parts = snapshot.activations[place];
  const visible = place === 0 || shown.forward;
  return (
    <div class="place">
      <div class="value forward">
        <Name text={name} />
        {visible ? (
          parts.map((value, part) => (
            <TensorView
              key={part}
              session={session}
              value={value}
              before={before?.activations[place]?.[part]}
              label={parts.length > 1 ? `${name} ${part}` : name}
              role="activation"
              refOf={(index) => ({ kind: 'activation', place, part, index })}
              editable={place === 0}
            />
          ))
        ) : (
          <Hidden />
        )}
      </div>
      <div class="value backward">
        <Name text={`∂C/∂${name}`} />
        {shown.backward ? (
          snapshot.gradients[place].map((value, part) => (
            <TensorView
              key={part}
              session={session}
              value={value}
              before={before?.gradients[place]?.[part]}
              label={parts.length > 1 ? `∂C/∂${name} ${part}` : `∂C/∂${name}`}
              role="activation"
              refOf={(index) => ({ kind: 'gradient', place, part, index })}
              editable={gradEditable && place === last}
            />
          ))
        ) : (
          <Hidden />
        )}
      </div>
    </div>
  );
}

function BoxBody({
  session,
  snapshot,
  box,
  shown,
}: ChainProps & { readonly box: number; readonly shown: Shown }) {
  const shownBox = snapshot.boxes[box];
  const { name, description, params, gradParams, names: one, buffers, nextBuffers } = shownBox;
  const states = Object.keys(buffers);
  const before = session.before.value?.boxes[box];
  const names = Object.keys(params);
  return (
    <section class="box" aria-label={`box ${box}: ${name}`}>
      <div class="arrow forward" aria-hidden="true">
        →
      </div>
      <div class="body">
        <h2>{name}</h2>
        {description !== name && <p class="description">{description}</p>}
        {names.map((param) => (
          <div class="value param" key={param}>
            <Name text={names.length === 1 && param === 'weight' ? 'w' : param} />
            <TensorView
              session={session}
              value={params[param]}
              before={before?.params[param]}
              label={param}
              role="param"
              refOf={(index) => ({ kind: 'param', box, name: param, index })}
              editable
              {...(one?.[param] && { names: one[param] })}
            />
          </div>
        ))}
        {states.length > 0 && <h3 class="state-head">state</h3>}
        {states.map((name) => (
          <div class="value state" key={name}>
            <Name text={name} />
            <TensorView
              session={session}
              value={buffers[name]}
              before={before?.buffers[name]}
              label={name}
              role="param"
              refOf={(index) => ({ kind: 'buffer', box, name, index })}
              editable
            />
            {nextBuffers && (
              <>
                <div class="name after">after this batch</div>
                <TensorView
                  session={session}
                  value={nextBuffers[name]}
                  before={before?.nextBuffers?.[name]}
                  label={`${name} after this batch`}
                  role="param"
                  refOf={(index) => ({ kind: 'nextBuffer', box, name, index })}
                />
              </>
            )}
          </div>
        ))}
      </div>
      <div class="arrow backward" aria-hidden="true">
        ←
      </div>
      <div class="arrow forward out" aria-hidden="true">
        →
      </div>
      <div class="arrow backward out" aria-hidden="true">
        ←
      </div>
      {names.length > 0 && (
        <div class="below">
          <div class="arrow params" aria-hidden="true">
            ↓
          </div>
          {names.map((param) => (
            <div class="value gradParam" key={param}>
              <Name text={`∂C/∂${names.length === 1 && param === 'weight' ? 'w' : param}`} />
              {shown.backward ? (
                <TensorView
                  session={session}
                  value={gradParams[param]}
                  before={before?.gradParams[param]}
                  label={`∂C/∂${param}`}
                  role="param"
                  refOf={(index) => ({ kind: 'gradParam', box, name: param, index })}
                  {...(one?.[param] && { names: one[param].map((name) => `∂C/∂${name}`) })}
                />
              ) : (
                <Hidden />
              )}
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

function CostBody({ session, snapshot, shown }: ChainProps) {
  const { cost, loss } = snapshot;
  if (cost === undefined) return null;
  const visible = shown?.forward ?? true;
  const { value: before } = session.before;
  return (
    <section class="box cost" aria-label={`cost: ${cost.name}`}>
      <div class="arrow forward" aria-hidden="true">
        →
      </div>
      <div class="body">
        <h2>{cost.name}</h2>
        <div class="value">
          <Name text="y" />
          <TensorView
            session={session}
            value={cost.target}
            before={before?.cost?.target}
            label="target y"
            role="activation"
            refOf={(index) => ({ kind: 'target', index })}
            editable
          />
        </div>
        <div class="value">
          <Name text="C" />
          {visible ? (
            <TensorView
              session={session}
              value={scalarOf(loss)}
              before={before && scalarOf(before.loss)}
              label="C"
              role="activation"
              refOf={() => ({ kind: 'loss' })}
            />
          ) : (
            <Hidden />
          )}
        </div>
      </div>
      <div class="arrow backward" aria-hidden="true">
        ←
      </div>
    </section>
  );
}

/** The name of a tensor. The part after an underscore is a subscript. */
export function Name({ text }: { readonly text: string }): JSX.Element {
  const [base, ...rest] = text.split('_');
  return (
    <div class="name">
      {base}
      {rest.length > 0 && <sub>{rest.join('_')}</sub>}
    </div>
  );
}

function Hidden(): JSX.Element {
  return (
    <span class="hidden-value" aria-label="not computed yet">
      ·
    </span>
  );
}

function scalarOf(value: number): Value {
  return { shape: [], values: Float64Array.of(value) };
}
