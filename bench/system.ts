import type { SimdChoice } from '../lib/kernels/simd/choice.ts';
import { CHECKED_STEPS, type NetworkName } from './networks.ts';

/** The system to measure, and the network and batch that it trains. */
export interface Setup {
  readonly system: SystemName;
  readonly backend: string;
  readonly network: NetworkName;
  readonly batch: number;
  readonly side: number;
  /** The number of threads, for a system that has threads. */
  readonly threads?: number;
  /** boxprop on wasm: the option `simd` of `useBackend`. */
  readonly simd?: SimdChoice;
  /** boxprop on tensorflow: whether a step runs as graphs; true by default. */
  readonly compile?: boolean;
  /** Whether the step is a forward pass in inference instead of a training step. */
  readonly inference?: boolean;
}

/**
 * PyTorch with images stored as [N, H, W, C], which is usually faster but not PyTorch's default.
 */
export const CHANNELS_LAST = 'cpu, channels last';

export type SystemName =
  | 'boxprop'
  | 'pytorch'
  | 'tfjs-layers'
  | 'convnetjs'
  | 'jax-js'
  | 'onnxruntime-node'
  | 'onnxruntime-web';

/** A network with its batch and optimizer, in one of the systems. */
export interface System {
  /** The name and version of the system. */
  readonly name: string;
  readonly backend: string;
  /** The number of parameters, if the system tells it. */
  readonly parameters?: number;
  /**
   * True if a call returns before its work is done. Each part of a step must then be waited for to
   * be timed, which slows the step down.
   */
  readonly asynchronous?: boolean;
  /** Runs and times one step. With `apart`, it also times the parts of the step. */
  step(options: StepOptions): Promise<Step>;
  /** In inference: returns the scores of the batch. */
  outputs?(): Promise<readonly number[]>;
  liveTensors?(): number;
}

export interface StepOptions {
  readonly dropout: boolean;
  readonly apart: boolean;
}

/** Times in milliseconds, and in training the loss before the update. */
export interface Step {
  readonly loss?: number;
  readonly step: number;
  readonly forward?: number;
  readonly backward?: number;
  readonly update?: number;
}

/**
 * The message that a system sends when it has started, with the losses of the checked steps, or in
 * inference with the scores.
 */
export interface Ready {
  readonly system: string;
  readonly backend: string;
  readonly parameters?: number | undefined;
  readonly losses: readonly number[];
  readonly outputs?: readonly number[];
  /** The time of the last checked step, in milliseconds. */
  readonly step: number;
}

export interface Turn {
  readonly steps: readonly Step[];
  /** The steps with timed parts, if the parts had to be timed separately; otherwise empty. */
  readonly apart: readonly Step[];
  /**
   * The CPU time of one step in milliseconds, of all threads of the process. It is the mean over
   * `steps`, because Linux counts a running thread only every few milliseconds.
   */
  readonly cpu?: number;
  readonly live?: { readonly before: number; readonly after: number };
  readonly peak_mb?: number;
}

/** A time in milliseconds. After a step that takes longer, no further steps are checked. */
const SLOW = 8000;

export async function begin(system: System): Promise<Ready> {
  const { name, backend, parameters } = system;
  const steps: Step[] = [];
  const outputs = await system.outputs?.();
  while (steps.length < CHECKED_STEPS && !steps.some(({ step }) => step > SLOW)) {
    steps.push(await system.step({ dropout: false, apart: false }));
  }
  const losses = steps.flatMap(({ loss }) => loss ?? []);
  const { step } = steps[steps.length - 1];
  return { system: name, backend, parameters, losses, ...(outputs && { outputs }), step };
}

/** @param cpuTime the CPU time of this process so far in milliseconds; a page does not know it. */
export async function turn(system: System, count: number, cpuTime?: () => number): Promise<Turn> {
  const { asynchronous = false } = system;
  const before = system.liveTensors?.();
  const [steps, apart]: [Step[], Step[]] = [[], []];
  const start = cpuTime?.() ?? NaN;
  for (let i = 0; i < count; i++)
    steps.push(await system.step({ dropout: true, apart: !asynchronous }));
  const cpu = cpuTime && { cpu: (cpuTime() - start) / count };
  if (asynchronous) apart.push(await system.step({ dropout: true, apart: true }));
  const after = system.liveTensors?.();
  return {
    steps,
    apart,
    ...cpu,
    ...(before !== undefined && after !== undefined && { live: { before, after } }),
  };
}
