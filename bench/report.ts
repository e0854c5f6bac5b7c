import { sameThreads, type Missing, type Result } from './measure.ts';
import { newTable } from './table.ts';

const ms = (time: number | undefined) => time?.toFixed(1) ?? '';
const COLUMNS: Readonly<Record<string, (result: Result) => string>> = {
  threads: ({ threads }) => threads?.toString() ?? '',
  'step ms': ({ step_ms }) => ms(step_ms),
  quickest: ({ min_ms }) => ms(min_ms),
  'CPU ms': ({ cpu_ms }) => ms(cpu_ms),
  least: ({ min_cpu_ms }) => ms(min_cpu_ms),
  forward: ({ forward_ms }) => ms(forward_ms),
  backward: ({ backward_ms }) => ms(backward_ms),
  update: ({ update_ms }) => ms(update_ms),
  'peak MB': ({ peak_mb }) => peak_mb?.toFixed(0) ?? '',
  tensors: ({ live_tensors: live }) => (live === undefined ? '' : [...new Set(live)].join(' → ')),
  ratio: ({ ratio }) => ratio.toPrecision(3),
  'CPU ratio': ({ cpu_ratio }) => cpu_ratio?.toPrecision(3) ?? '',
};

/**
 * Returns a table with one row per system, followed by lines that compare boxprop's step with each
 * peer's. A column that no system fills is left out.
 */
export function report(results: readonly Result[], missing: readonly Missing[]): string {
  const { network, batch, inference } = results[0] ?? {
    network: missing[0]?.network,
    batch: 0,
    inference: false,
  };
  const filled = Object.entries(COLUMNS).filter(
    ([, text]) => results.length === 0 || results.some((result) => text(result) !== ''),
  );
  const heads = filled.map(([name]) => name);
  const title = `${network}${inference ? ' inference' : ''}, batch ${batch}`;
  const table = newTable([title, 'backend', ...heads], 2);
  for (const result of results)
    table.push([result.system, onBackend(result), ...filled.map(([, text]) => text(result))]);
  for (const { system, backend, threads, reason } of missing) {
    const content = threads === undefined ? reason : `${count(threads)}: ${reason}`;
    table.push([system, backend, { colSpan: heads.length, content, hAlign: 'left' }]);
  }
  return [table.toString(), ...comparisons(results)].join('\n');
}

/** Names a backend with its SIMD instructions, if they were chosen. */
export function onBackend({ backend, simd, compile }: Result): string {
  if (compile === false) return `${backend}, no graphs`;
  return simd === undefined ? backend : `${backend}, simd ${simd}`;
}

/** Writes a number of threads, `1 thread` or `2 threads`. */
export function count(threads: number): string {
  return `${threads} thread${threads === 1 ? '' : 's'}`;
}

/**
 * Compares boxprop with each peer, for example:
 *
 *     boxprop's step on wasm with 1 thread is 3.1 (quickest 2.9, CPU 3.0, least 2.8) of PyTorch
 *
 * The numbers are the ratios of the median steps, of the quickest steps, of the median CPU times,
 * and of the least CPU times, which a busy machine disturbs least. A peer without threads is
 * compared with one thread. tfjs-layers is compared on the same backend only.
 */
export function comparisons(results: readonly Result[]): string[] {
  const isOwn = ({ system }: Result) => system === 'boxprop';
  return results.filter(isOwn).flatMap((own) => {
    const peers = results.filter(
      (peer) =>
        !isOwn(peer) &&
        sameThreads(own.threads, peer.threads) &&
        (!peer.system.startsWith('tfjs-layers') || peer.backend === own.backend),
    );
    if (peers.length === 0) return [];
    const pass = own.inference ? 'forward pass' : 'step';
    const threads = own.threads === undefined ? '' : ` with ${count(own.threads)}`;
    const ratios = peers.map((peer) => compare(own, peer)).join(', ');
    return [`boxprop's ${pass} on ${onBackend(own)}${threads} is ${ratios}`];
  });
}

function compare(own: Result, peer: Result): string {
  const over = (time: number | undefined, peers: number | undefined) =>
    time === undefined || peers === undefined ? undefined : (time / peers).toPrecision(2);
  const [typical, quickest, cpu, least] = [
    over(own.step_ms, peer.step_ms),
    over(own.min_ms, peer.min_ms),
    over(own.cpu_ms, peer.cpu_ms),
    over(own.min_cpu_ms, peer.min_cpu_ms),
  ];
  const cpuTimes = cpu === undefined ? '' : `, CPU ${cpu}, least ${least}`;
  const threads =
    own.threads !== undefined || peer.threads === undefined ? '' : ` with ${count(peer.threads)}`;
  return `${typical} (quickest ${quickest}${cpuTimes}) of ${peer.system}${threads}`;
}
