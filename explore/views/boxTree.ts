import type { SummaryRow } from '../../inspect/summary/summarize.ts';

/** A box of a network, or a container with more than one box. */
export interface BoxNode {
  /** The path of the box or container. */
  readonly path: string;
  /** The part of the path that follows the path of the enclosing container. */
  readonly label: string;
  /** The row of the box. It is undefined for a container. */
  readonly row?: SummaryRow;
  readonly children: readonly BoxNode[];
}

/**
 * Nests the rows of a summary by their paths. A container with a single row is not listed; its row
 * is listed in its place.
 */
export function nestBoxes(rows: readonly SummaryRow[], prefix = ''): BoxNode[] {
  const nodes: BoxNode[] = [];
  for (let i = 0; i < rows.length;) {
    const [head] = rows[i].name.slice(prefix.length).split('.');
    const path = prefix + head;
    const inside = (row: SummaryRow | undefined) => row?.name.startsWith(`${path}.`) ?? false;
    let end = i + 1;
    while (inside(rows[end])) end++;
    const own = rows.slice(i, end);
    if (own.length === 1) {
      nodes.push({
        path: own[0].name,
        label: own[0].name.slice(prefix.length),
        row: own[0],
        children: [],
      });
    } else {
      const children = nestBoxes(own, `${path}.`);
      // If the only content of a container is another container, both share one line: `0.residual`.
      const [only] = children;
      nodes.push(
        children.length === 1
          ? { ...only, label: `${head}.${only.label}` }
          : { path, label: head, children },
      );
    }
    i = end;
  }
  return nodes;
}

/** Returns the rows of a node, at any depth. */
export function rowsOf({ row, children }: BoxNode): readonly SummaryRow[] {
  return row ? [row] : children.flatMap(rowsOf);
}
