import Table from 'cli-table3';
import { exponent, type Missing, type Result } from './measure.ts';

const COLUMNS = [
  'backend',
  'step ms',
  'quickest',
  'forward',
  'backward',
  'update',
  'peak MB',
  'tensors',
  'ratio',
];

/**
 * Returns a table with one row per system, followed by lines that compare boxprop's step with each
 * peer's.
 */
export function report(results: readonly Result[], missing: readonly Missing[]): string {
  const { network, batch } = results[0] ?? { network: missing[0]?.network, batch: 0 };
  const table = newTable([`${network}, batch ${batch}`, ...COLUMNS], 2);
  for (const result of results) {
    const {
      step_ms,
      min_ms,
      forward_ms,
      backward_ms,
      update_ms,
      peak_mb,
      live_tensors: live,
      ratio,
    } = result;
    const times = [step_ms, min_ms, forward_ms, backward_ms, update_ms].map(
      (ms) => ms?.toFixed(1) ?? '',
    );
    const tensors = live && (live[0] === live[1] ? `${live[1]}` : `${live[0]} → ${live[1]}`);
    const rest = [peak_mb?.toFixed(0) ?? '', tensors ?? '', ratio.toPrecision(3)];
    table.push([result.system, result.backend, ...times, ...rest]);
  }
  for (const { system, backend, reason } of missing) {
    table.push([system, backend, { colSpan: COLUMNS.length - 1, content: reason, hAlign: 'left' }]);
  }
  return [table.toString(), ...comparisons(results)].join('\n');
}

/**
 * Compares boxprop with each peer, for example:
 *
 *     boxprop's step on wasm is 3.1 (quickest 2.9) of PyTorch 2.13.0
 *
 * The first number is the ratio of the median steps. The second is the ratio of the quickest steps,
 * which a busy machine disturbs least. tfjs-layers is compared on the same backend only.
 */
export function comparisons(results: readonly Result[]): string[] {
  const isOwn = ({ system }: Result) => system === 'boxprop';
  return results.filter(isOwn).flatMap((own) => {
    const peers = results.filter(
      (peer) =>
        !isOwn(peer) && (!peer.system.startsWith('tfjs-layers') || peer.backend === own.backend),
    );
    const ratios = peers.map(({ system, step_ms, min_ms }) => {
      const [typical, quickest] = [own.step_ms / step_ms, own.min_ms / min_ms].map((x) =>
        x.toPrecision(2),
      );
      return `${typical} (quickest ${quickest}) of ${system}`;
    });
    return peers.length > 0 ? [`boxprop's step on ${own.backend} is ${ratios.join(', ')}`] : [];
  });
}

/**
 * Shows how the time per image grows with the batch and with the pixels. If growth is linear, all
 * numbers of a row are the same.
 */
export function growth(results: readonly Result[], missing: readonly Missing[]): string {
  const least = {
    batch: Math.min(...results.map(({ batch }) => batch)),
    side: Math.min(...results.map(({ side }) => side)),
  };
  const tables = [
    grown('ms an image (quickest), by batch', ({ batch }) => batch, results.filter(({ side }) => side === least.side)), // prettier-ignore
    grown('ms an image of 1024 pixels (quickest), by side', ({ side }) => side, results.filter(({ batch }) => batch === least.batch)), // prettier-ignore
  ];
  const lines = missing.map(({ system, backend, reason }) => `${system} on ${backend}: ${reason}`);
  return [...tables, ...new Set(lines)].join('\n');
}

function grown(
  title: string,
  sizeOf: (result: Result) => number,
  results: readonly Result[],
): string {
  const sizes = [...new Set(results.map(sizeOf))].sort((a, b) => a - b);
  const table = newTable([title, 'backend', ...sizes.map(String), 'time grows as'], 2);
  const nameOf = ({ system, backend }: Result) => `${system} ${backend}`;
  for (const name of new Set(results.map(nameOf))) {
    const rows = results.filter((result) => nameOf(result) === name);
    const work = ({ batch, side }: Result) => batch * (side / 32) ** 2;
    const cells = sizes.map((size) => {
      const row = rows.find((result) => sizeOf(result) === size);
      return row ? (row.min_ms / work(row)).toPrecision(3) : '';
    });
    const power =
      rows.length > 1
        ? exponent(
            rows.map(work),
            rows.map(({ min_ms }) => min_ms),
          )
        : NaN;
    const grows = Number.isFinite(power) ? `size^${power.toFixed(2)}` : '';
    table.push([rows[0].system, rows[0].backend, ...cells, grows]);
  }
  return table.toString();
}

function newTable(head: string[], left: number) {
  const colAligns = head.map((_, i) => (i < left ? ('left' as const) : ('right' as const)));
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}
