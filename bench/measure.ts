import type { Peer } from './child.ts';
import type { SimdChoice } from '../lib/kernels/simd/choice.ts';
import type { Ready, Setup, Step, Turn } from './system.ts';

/** The measurements of one system on one network. Times are medians in milliseconds. */
export interface Result {
  readonly network: string;
  readonly batch: number;
  readonly side: number;
  /** The name and version of the system. */
  readonly system: string;
  readonly backend: string;
  readonly threads?: number;
  readonly simd?: SimdChoice;
  readonly compile?: boolean;
  /** Whether the step is a forward pass in inference. */
  readonly inference?: boolean;
  readonly step_ms: number;
  readonly forward_ms?: number;
  readonly backward_ms?: number;
  readonly update_ms?: number;
  /** The time of the quickest step, which other programs on the machine disturb least. */
  readonly min_ms: number;
  /** The CPU time of a step, of all threads: the median of the turns. A page does not know it. */
  readonly cpu_ms?: number;
  /** The CPU time of a step in the turn that took the least. */
  readonly min_cpu_ms?: number;
  /**
   * step_ms divided by the step_ms of the network's first result with as many threads, or else of
   * its first result. That is PyTorch's if it was measured.
   */
  readonly ratio: number;
  /** The same ratio of min_cpu_ms. */
  readonly cpu_ratio?: number;
  /** The peak memory of the process while it trained. */
  readonly peak_mb?: number;
  /** The number of tfjs's tensors before and after all steps. */
  readonly live_tensors?: readonly [before: number, after: number];
}

/** A system that could not be measured, and the reason. */
export interface Missing {
  readonly network: string;
  readonly system: string;
  readonly backend: string;
  readonly threads?: number;
  readonly reason: string;
}

/**
 * The longest turn of a slow system, in milliseconds. A turn has at least one step, however long it
 * is.
 */
const TURN = 1500;
/** A system whose step takes more milliseconds than this runs only FEW_ROUNDS rounds. */
const SLOW = 4000;
const FEW_ROUNDS = 3;

/**
 * Lets the peers take turns, round by round, so that a machine that slows down slows all of them. A
 * peer that fails is reported to `failed` and gets no further turns.
 */
export async function takeTurns(
  peers: readonly Peer[],
  { rounds, steps }: { readonly rounds: number; readonly steps: number },
  failed: (peer: Peer, error: unknown) => void,
): Promise<Map<Peer, Turn[]>> {
  const taken = new Map<Peer, Turn[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [peer, turns] of taken) {
      if (peer.ready.step > SLOW && round >= FEW_ROUNDS) continue;
      try {
        turns.push(await peer.turn(stepsATurn(peer.ready.step, steps)));
      } catch (error) {
        taken.delete(peer);
        failed(peer, error);
      }
    }
  }
  return taken;
}

export function stepsATurn(stepMs: number, steps: number): number {
  return Math.max(1, Math.min(steps, Math.floor(TURN / stepMs)));
}

type Summary = Omit<Result, 'ratio' | 'cpu_ratio'>;

export function summarize({ ready, setup }: Peer, turns: readonly Turn[]): Summary {
  const steps = turns.flatMap((turn) => turn.steps);
  const apart = turns.flatMap((turn) => turn.apart);
  const part = (name: 'forward' | 'backward' | 'update') => {
    const times = (apart.length > 0 ? apart : steps).flatMap((step: Step) => step[name] ?? []);
    return times.length > 0 ? { [`${name}_ms`]: median(times) } : {};
  };
  const cpu = turns.flatMap((turn) => turn.cpu ?? []);
  const [first, last] = [turns[0], turns[turns.length - 1]];
  return {
    ...about(setup),
    system: ready.system,
    backend: ready.backend,
    step_ms: median(steps.map(({ step }) => step)),
    ...part('forward'),
    ...part('backward'),
    ...part('update'),
    min_ms: Math.min(...steps.map(({ step }) => step)),
    ...(cpu.length > 0 && { cpu_ms: median(cpu), min_cpu_ms: Math.min(...cpu) }),
    ...(last.peak_mb !== undefined && { peak_mb: last.peak_mb }),
    ...(first.live && last.live && { live_tensors: [first.live.before, last.live.after] as const }),
  };
}

const about = ({ network, batch, side, threads, simd, compile, inference }: Setup) => ({
  network,
  batch,
  side,
  ...(threads !== undefined && { threads }),
  ...(simd !== undefined && { simd }),
  ...(compile !== undefined && { compile }),
  ...(inference && { inference }),
});

/**
 * Adds to each result the ratios of its times to the times of its reference: the first result with
 * the same number of threads.
 */
export function withRatios(results: readonly Summary[]): Result[] {
  return results.map((result) => {
    const reference =
      results.find((other) => sameThreads(result.threads, other.threads)) ?? results[0];
    const cpuRatio = (result.min_cpu_ms ?? NaN) / (reference.min_cpu_ms ?? NaN);
    return {
      ...result,
      ratio: result.step_ms / reference.step_ms,
      ...(Number.isFinite(cpuRatio) && { cpu_ratio: cpuRatio }),
    };
  });
}

/**
 * Returns whether a system may be compared with a system that has `others` threads. A system
 * without threads may be compared with any system. As a reference, it counts as one with one
 * thread.
 */
export function sameThreads(own: number | undefined, others: number | undefined): boolean {
  return own === undefined || own === (others ?? 1);
}

/**
 * The largest allowed difference between two systems, which compute in single precision from the
 * same weights. A difference of losses after a few steps is relative to the loss. In inference, a
 * difference of scores is relative to the largest score.
 */
const TOLERANCE = 1e-4;

/**
 * Returns one line about how a system differs from the reference: in its number of parameters, in
 * its losses, or in inference in its scores. Returns undefined if it agrees.
 */
export function disagreement(peer: Peer, reference: Peer, parameters: number): string | undefined {
  const [own, theirs] = [peer.ready, reference.ready];
  if (own.parameters !== undefined && own.parameters !== parameters) {
    return `expected ${parameters} parameters, got ${own.parameters}`;
  }
  if (theirs.outputs !== undefined) return otherOutputs(own.outputs ?? [], theirs.outputs, theirs);
  const common = Math.min(own.losses.length, theirs.losses.length);
  const near = (loss: number, i: number) =>
    Math.abs(loss - theirs.losses[i]) <= TOLERANCE * Math.abs(theirs.losses[i]);
  if (own.losses.slice(0, common).every(near)) return undefined;
  const list = (losses: readonly number[]) => losses.map((loss) => loss.toPrecision(7)).join(', ');
  return `expected the losses ${list(theirs.losses)} of ${theirs.system}, got ${list(own.losses)}`;
}

function otherOutputs(
  outputs: readonly number[],
  expected: readonly number[],
  { system }: Ready,
): string | undefined {
  if (outputs.length !== expected.length) {
    return `expected the ${expected.length} scores of ${system}, got ${outputs.length}`;
  }
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const apart = outputs.map((value, i) => Math.abs(value - expected[i]));
  // A NaN is not near anything.
  const worst = apart.findIndex((difference) => !(difference <= TOLERANCE * largest));
  if (worst < 0) return undefined;
  const [theirs, own] = [expected[worst], outputs[worst]].map((value) => value.toPrecision(7));
  return `expected the score ${theirs} of ${system}, got ${own}`;
}

/**
 * Returns one line if the loss has not fallen, because training on the same batch again and again
 * must lower it. Otherwise, and in inference, returns undefined.
 */
export function untrained({ setup, ready }: Peer, turns: readonly Turn[]): string | undefined {
  if (setup.inference) return undefined;
  const losses = turns.flatMap(({ steps }) => steps.map(({ loss = NaN }) => loss));
  // The median, not one loss: with dropout at this learning rate AlexNet's first losses jump up and
  // down.
  const [first, typical] = [ready.losses[0], median(losses)];
  if (losses.every(Number.isFinite) && typical < first) return undefined;
  return `expected the loss to fall from ${first.toPrecision(4)}, got a median of ${typical.toPrecision(4)}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Fits time ~ size^p and returns p: the slope of the least-squares line through the logarithms. */
export function exponent(sizes: readonly number[], times: readonly number[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((total, value) => total + value, 0) / values.length;
  const [x, y] = [sizes.map(Math.log), times.map(Math.log)];
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = mean(x.map((value, i) => (value - meanX) * (y[i] - meanY)));
  return covariance / mean(x.map((value) => (value - meanX) ** 2));
}
