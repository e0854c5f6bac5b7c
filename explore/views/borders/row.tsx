import type { JSX } from 'preact';
import { refKey, type Ref } from '../../engine/refs.ts';
import type { Session } from '../../session.ts';
import { Name } from '../../ui/boxFigure.tsx';
import { largestOf } from '../../ui/colour.ts';
import { short } from '../../ui/format.ts';

/** A cell of a row of a signal. */
export interface RowCell {
  readonly column: number;
  readonly value: number;
  readonly label: string;
  /** The address of the number; absent for a cell outside the signal. */
  readonly sel?: Ref;
  readonly lit?: boolean;
  readonly strong?: boolean;
  readonly ghost?: boolean;
  /** The text under the number. */
  readonly note?: string;
  /** Moves the window to this cell. */
  readonly go?: () => void;
}

interface RowProps {
  readonly session: Session;
  readonly name: string;
  readonly columns: number;
  readonly cells: readonly RowCell[];
  readonly bars?: boolean;
  /** Whether moving along the row, with a pressed pointer or the arrow keys, moves the window. */
  readonly moves?: boolean;
}

/** A row of a signal: a bar and a number per cell. */
export function Row({ session, name, columns, cells, bars, moves }: RowProps): JSX.Element {
  const largest = largestOf(cells.map(({ value }) => value)) || 1;
  const shares = cells.map(({ value }) => value / largest);
  const [up, down] = [Math.max(0, ...shares), Math.max(0, ...shares.map((share) => -share))];
  const selected = session.selected.value && refKey(session.selected.value);
  const step = (event: KeyboardEvent, by: number) => {
    const row = (event.currentTarget as HTMLElement).closest('.signal-row');
    const all = [...(row?.querySelectorAll('button') ?? [])];
    all[all.indexOf(event.currentTarget as HTMLButtonElement) + by]?.focus();
  };
  return (
    <div class={`signal-row${moves ? ' moves' : ''}`} role="group" aria-label={name}>
      <Name text={name} />
      <div
        class="signal-cells"
        style={{ '--columns': columns, '--up': up, '--down': bars ? down : 0 }}
      >
        {cells.map((cell, i) => {
          const { sel, go } = cell;
          const classes = ['cell', 'signal-cell'];
          for (const key of ['lit', 'strong', 'ghost'] as const) if (cell[key]) classes.push(key);
          if (sel && refKey(sel) === selected) classes.push('selected');
          const style = { '--column': cell.column + 1, '--height': Math.abs(cell.value) / largest };
          const content = (
            <>
              {bars && (
                <span class="bar-area" aria-hidden="true">
                  <span class={cell.value < 0 ? 'bar below' : 'bar'} />
                </span>
              )}
              <span class="number">{short(cell.value)}</span>
              {cell.note !== undefined && <span class="note">{cell.note || '\u00a0'}</span>}
            </>
          );
          if (!sel) {
            return (
              <span
                key={cell.column}
                class={classes.join(' ')}
                style={style}
                role="img"
                aria-label={`${cell.label}: ${short(cell.value)}`}
              >
                {content}
              </span>
            );
          }
          return (
            <button
              key={cell.column}
              type="button"
              class={classes.join(' ')}
              style={style}
              data-ref={refKey(sel)}
              aria-label={`${cell.label} = ${short(cell.value)}${cell.note ?? ''}`}
              tabIndex={cell.strong || (!cells.some(({ strong }) => strong) && i === 0) ? 0 : -1}
              onFocus={go}
              onPointerEnter={({ buttons }) => buttons > 0 && go?.()}
              onClick={() => void session.select(refKey(sel) === selected ? undefined : sel)}
              onKeyDown={(event) => {
                if (event.key === 'ArrowRight') step(event, 1);
                if (event.key === 'ArrowLeft') step(event, -1);
              }}
            >
              {content}
            </button>
          );
        })}
      </div>
    </div>
  );
}
