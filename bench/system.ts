import { CHECKED_STEPS, type NetworkName } from './networks.ts';

/** What a system is to train, and on what. */
export interface Setup {
  readonly system: SystemName;
  readonly backend: string;
  readonly network: NetworkName;
  readonly batch: number;
  readonly side: number;
}

/** PyTorch with images as [N, H, W, C] in memory, which it must be asked for and is mostly quicker with. */
export const CHANNELS_LAST = 'cpu, channels last';

export type SystemName = 'boxprop' | 'pytorch' | 'tfjs-layers' | 'convnetjs' | 'jax-js';

/** A network with its batch and optimizer, in one of the systems. */
export interface System {
  /** With its version. */
  readonly name: string;
  readonly backend: string;
  readonly parameters: number;
  /** Whether the work goes on after a call returns: then the parts of a step can only be timed by waiting for each. */
  readonly asynchronous?: boolean;
  /** One training step, timed. `apart` asks for the times of its parts. */
  step(options: StepOptions): Promise<Step>;
  liveTensors?(): number;
}

export interface StepOptions {
  readonly dropout: boolean;
  readonly apart: boolean;
}

/** Milliseconds, and the loss before the update. */
export interface Step {
  readonly loss: number;
  readonly step: number;
  readonly forward?: number;
  readonly backward?: number;
  readonly update?: number;
}

/** What a system says when it has started: its first losses are those of the checked steps. */
export interface Ready {
  readonly system: string;
  readonly backend: string;
  readonly parameters: number;
  readonly losses: readonly number[];
  /** Milliseconds of the last checked step. */
  readonly step: number;
}

export interface Turn {
  readonly steps: readonly Step[];
  /** Steps in which each part was waited for, where the others have no parts. */
  readonly apart: readonly Step[];
  readonly live?: { readonly before: number; readonly after: number };
  readonly peak_mb?: number;
}

/** Milliseconds; one step that took longer is check enough. */
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
