import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { refKey } from '../engine/refs.ts';
import { largestOf, tint } from './colour.ts';
import { Equation } from './equation.tsx';
import { makeDrag, stepOf } from './drag.ts';
import { format, position, short } from './format.ts';
import type { Plane } from './planes.ts';
import { readNumber } from './readNumber.ts';
import type { TensorViewProps } from './tensorView.tsx';

interface Props extends TensorViewProps {
  readonly planes: readonly Plane[];
}

/**
 * A small tensor as grids of numbers. One number of the tensor is in the tab order; the arrow keys
 * move to its neighbours, Enter selects a number, F2 or a digit changes it.
 */
export function NumberGrid(props: Props): JSX.Element {
  const { value, planes, label } = props;
  const [current, setCurrent] = useState(0);
  const [editing, setEditing] = useState<{ index: number; text: string } | undefined>();
  const root = useRef<HTMLDivElement>(null);
  const digits = Math.max(...Array.from(value.values, (number) => format(number).length));
  const largest = largestOf(value.values);
  const focus = (index: number) => {
    setCurrent(index);
    root.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus();
  };
  return (
    <div
      class="numbers"
      ref={root}
      style={{
        '--digits': digits,
        ...(props.role === 'param' && value.shape.length === 4 && { '--across': value.shape[3] }),
      }}
    >
      {planes.map((plane) => (
        <div class="plane" key={plane.title}>
          {planes.length > 1 && <div class="plane-title">{plane.title}</div>}
          <div role="grid" aria-label={`${label} ${plane.title}`.trim()} class="grid">
            {Array.from({ length: plane.rows }, (_, row) => (
              <div role="row" key={row}>
                {Array.from({ length: plane.columns }, (_, column) => {
                  const index = plane.index(row, column);
                  const edit = editing?.index === index ? editing.text : undefined;
                  return (
                    <Cell
                      {...props}
                      key={index}
                      index={index}
                      largest={largest}
                      tabbable={
                        index === current || (current >= value.values.length && index === 0)
                      }
                      edit={edit}
                      onEdit={(text) =>
                        setEditing(text === undefined ? undefined : { index, text })
                      }
                      onMove={(down, right) => {
                        const [r, c] = [row + down, column + right];
                        const inside = r >= 0 && r < plane.rows && c >= 0 && c < plane.columns;
                        if (inside) focus(plane.index(r, c));
                      }}
                      onFocus={() => setCurrent(index)}
                      refocus={() => focus(index)}
                    />
                  );
                })}
              </div>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

interface CellProps extends TensorViewProps {
  readonly index: number;
  readonly largest: number;
  readonly tabbable: boolean;
  /** The text that the reader is typing; undefined if the number is not being changed. */
  readonly edit: string | undefined;
  readonly onEdit: (text: string | undefined) => void;
  readonly onMove: (down: number, right: number) => void;
  readonly onFocus: () => void;
  readonly refocus: () => void;
}

const MOVES: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function Cell(props: CellProps): JSX.Element {
  const { session, value, before, index, largest, label, names, editable = false } = props;
  const number = value.values[index];
  const ref = props.refOf(index);
  const key = refKey(ref);
  const { value: selected } = session.selected;
  const isSelected = selected !== undefined && refKey(selected) === key;
  const changed = before !== undefined && before.values[index] !== number;
  const at = value.shape.length > 0 ? position(index, value.shape) : '';
  const name = names?.[index].replace('_', '') ?? at;
  const write = useRef((_: number) => Promise.resolve());
  write.current = (next) => session.write(ref, next);
  const drag = useMemo(() => makeDrag((next) => write.current(next)), []);
  // After Enter and Escape the field leaves the page, so it loses the focus. That must not change
  // the number.
  const isOpen = useRef(false);
  const close = () => {
    isOpen.current = false;
    props.onEdit(undefined);
  };
  const finish = (text: string) => {
    if (!isOpen.current) return;
    close();
    // The text has fewer digits than the number, so only another text changes it.
    if (text === short(number)) return;
    const typed = readNumber(text);
    if ('value' in typed) void session.write(ref, typed.value);
    else session.refuse(`${label} ${name}: ${typed.problem}; it is still ${short(number)}`);
  };
  if (props.edit !== undefined) {
    return (
      <div role="gridcell">
        <input
          type="text"
          class="cell"
          aria-label={`${label} ${position(index, value.shape)}, new value`}
          inputMode="decimal"
          autocomplete="off"
          value={props.edit}
          ref={(input) => {
            if (input === null || document.activeElement === input) return;
            isOpen.current = true;
            input.focus();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') finish(event.currentTarget.value);
            if (event.key === 'Escape') close();
            if (!isOpen.current) setTimeout(props.refocus);
            event.stopPropagation();
          }}
          onBlur={(event) => finish(event.currentTarget.value)}
        />
      </div>
    );
  }
  const classes = ['cell'];
  if (isSelected) classes.push('selected');
  if (session.lit.value.has(key)) classes.push('lit');
  if (changed) classes.push('changed');
  if (editable) classes.push('editable');
  return (
    <button
      type="button"
      role="gridcell"
      class={classes.join(' ')}
      data-index={index}
      data-ref={key}
      aria-selected={isSelected}
      title={`${label} ${name} = ${number}${editable ? ' (drag or double click to change)' : ''}`}
      tabIndex={props.tabbable ? 0 : -1}
      style={{ '--tint': tint(number, largest) }}
      onFocus={props.onFocus}
      onPointerDown={(event) => {
        const isClass = ref.kind === 'target' && Number.isInteger(number);
        if (editable && event.button === 0) drag.start(event, number, stepOf(number, isClass));
      }}
      onPointerMove={(event) => drag.move(event)}
      onClick={() => {
        if (!drag.end()) void session.select(isSelected ? undefined : ref);
      }}
      onDblClick={() => editable && props.onEdit(short(number))}
      onKeyDown={(event) => {
        const move = MOVES[event.key];
        if (move) {
          event.preventDefault();
          props.onMove(...move);
        } else if (editable && event.key === 'F2') {
          props.onEdit(short(number));
        } else if (editable && /^[-−0-9.]$/.test(event.key)) {
          event.preventDefault();
          props.onEdit(event.key);
        }
      }}
    >
      <span class="sr-only">
        {label} {!names && name}{' '}
      </span>
      {names && (
        <span class="cell-name">
          <Equation text={names[index]} />{' '}
        </span>
      )}
      <span class="number">{format(number)}</span>
      {editable && <span class="sr-only">, can be changed</span>}
    </button>
  );
}
