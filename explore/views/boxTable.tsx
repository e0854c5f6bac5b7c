import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Summary, SummaryRow } from '../../inspect/summary/summarize.ts';
import { thousands } from '../ui/format.ts';
import { nestBoxes, rowsOf, type BoxNode } from './boxTree.ts';

interface Props {
  readonly summary: Summary;
  /** The path of the selected box. */
  readonly selected: string | undefined;
  readonly onSelect: (path: string) => void;
}

/** One row per box, containers as rows that open. */
export function BoxTable({ summary, selected, onSelect }: Props): JSX.Element {
  const { inputShape, rows, total } = summary;
  const [opened, setOpened] = useState<ReadonlySet<string>>(
    () => new Set(containersOf(selected ?? '')),
  );
  const toggle = (path: string) => {
    const next = new Set(opened);
    if (!next.delete(path)) next.add(path);
    setOpened(next);
  };
  const line = (node: BoxNode, depth: number): JSX.Element[] => {
    const inside = rowsOf(node);
    const last = inside[inside.length - 1];
    const isOpen = opened.has(node.path);
    const { row } = node;
    const own = (
      <tr key={node.path} class={row?.name === selected ? 'selected' : ''}>
        <th scope="row" style={{ '--depth': depth }}>
          {row ? (
            <button
              type="button"
              class="plain"
              aria-pressed={row.name === selected}
              onClick={() => onSelect(row.name)}
            >
              <b>{node.label}</b> <span>{row.box}</span>
            </button>
          ) : (
            <button
              type="button"
              class="plain"
              aria-expanded={isOpen}
              onClick={() => toggle(node.path)}
            >
              <b>{node.label}</b> <span>{inside.length} boxes</span>
            </button>
          )}
        </th>
        <td>{last.outputShape.join('×')}</td>
        <Count of={sum(inside, 'parameters')} all={total.parameters} />
        <Count of={sum(inside, 'multiplyAdds')} all={total.multiplyAdds} />
        <td>{fieldOf(last)}</td>
      </tr>
    );
    return [own, ...(isOpen ? node.children.flatMap((child) => line(child, depth + 1)) : [])];
  };
  return (
    <div class="boxes">
      <table>
        <thead>
          <tr>
            <th scope="col">box</th>
            <th scope="col">output</th>
            <th scope="col">parameters</th>
            <th scope="col">multiply-adds</th>
            <th scope="col">receptive field</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">
              <span class="plain">image</span>
            </th>
            <td>{inputShape.join('×')}</td>
            <td />
            <td />
            <td />
          </tr>
          {nestBoxes(rows).flatMap((node) => line(node, 0))}
        </tbody>
      </table>
    </div>
  );
}

/** A count, with a bar of its share in the whole network. */
function Count({ of, all }: { readonly of: number | 'unknown'; readonly all: number | 'unknown' }) {
  if (of === 'unknown' || all === 'unknown') return <td>unknown</td>;
  return (
    <td class="share" style={{ '--share': all > 0 ? (of / all).toFixed(4) : 0 }}>
      {of === 0 ? '' : thousands(of)}
    </td>
  );
}

function sum(rows: readonly SummaryRow[], key: 'parameters' | 'multiplyAdds'): number | 'unknown' {
  return rows.reduce<number | 'unknown'>((total, row) => {
    const { [key]: count } = row;
    return total === 'unknown' || count === 'unknown' ? 'unknown' : total + count;
  }, 0);
}

function fieldOf({ receptiveField }: SummaryRow): string {
  return receptiveField === 'unknown' ? receptiveField : receptiveField.join('×');
}

/** The paths of the containers above a box: `a` and `a.b` for `a.b.c`. */
function containersOf(path: string): string[] {
  const parts = path.split('.').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}
