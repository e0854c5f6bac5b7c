import Table from 'cli-table3';

/** Returns an empty table whose first `left` columns are aligned to the left. */
export function newTable(head: string[], left: number) {
  const colAligns = head.map((_, i) => (i < left ? ('left' as const) : ('right' as const)));
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}
