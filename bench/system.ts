import { CHECKED_STEPS, type NetworkName } from './networks.ts';

/** The system to measure, and the network and batch that it trains. */
export interface Setup {
  readonly system: SystemName;
  readonly backend: string;
  readonly network: NetworkName;
  readonly batch: number;
  readonly side: number;
}

/**
 * PyTorch with images stored as [N, H, W, C], which is usually faster but not PyTorch's default.
 */
export const CHANNELS_LAST = 'cpu, channels last';

export type SystemName = 'boxprop' | 'pytorch' | 'tfjs-layers' | 'convnetjs' | 'jax-js';

/** A network with its batch and optimizer, in one of the systems. */
export interface System {
  /** The name and version of the system. */
  readonly name: string;
  readonly backend: string;
  readonly parameters: number;
  /**
   * True if a call returns before its work is done. Each part of a step must then be waited for to
   * be timed, which slows the step down.
   */
  readonly asynchronous?: boolean;
  /** Runs and times one training step. With `apart`, it also times the parts of the step. */
  step(options: StepOptions): Promise<Step>;
  liveTensors?(): number;
}

export interface StepOptions {
  readonly dropout: boolean;
  readonly apart: boolean;
}

/** Times in milliseconds, and the loss before the update. */
export interface Step {
  readonly loss: number;
  readonly step: number;
  readonly forward?: number;
  readonly backward?: number;
  readonly update?: number;
}

/** The message that a system sends when it has started, with the losses of the checked steps. */
export interface Ready {
  readonly system: string;
  readonly backend: string;
  readonly parameters: number;
  readonly losses: readonly number[];
  /** The time of the last checked step, in milliseconds. */
  readonly step: number;
}

export interface Turn {
  readonly steps: readonly Step[];
  /** The steps with timed parts, if the parts had to be timed separately; otherwise empty. */
  readonly apart: readonly Step[];
  readonly live?: { readonly before: number; readonly after: number };
  readonly peak_mb?: number;
}

/** A time in milliseconds. After a step that takes longer, no further steps are checked. */
const SLOW = 8000;

export async function begin(system: System): Promise<Ready> {
  const { name, backend, parameters } = system;
  const steps: Step[] = [];
  while (steps.length < CHECKED_STEPS && !steps.some(({ step }) => step > SLOW)) {
    steps.push(await system.step({ dropout: false, apart: false }));
  }
  const losses = steps.map(({ loss }) => loss);
  return { system: name, backend, parameters, losses, step: steps[steps.length - 1].step };
}

export async function turn(system: System, count: number): Promise<Turn> {
  const { asynchronous = false } = system;
  const before = system.liveTensors?.();
  const [steps, apart]: [Step[], Step[]] = [[], []];
  for (let i = 0; i < count; i++)
    steps.push(await system.step({ dropout: true, apart: !asynchronous }));
  if (asynchronous) apart.push(await system.step({ dropout: true, apart: true }));
  const after = system.liveTensors?.();
  return {
    steps,
    apart,
    ...(before !== undefined && after !== undefined && { live: { before, after } }),
  };
}
