import { short } from '../../ui/format.ts';
import { readNumber, type NumberRule } from '../../ui/readNumber.ts';

/** The steps of the example, in the order of the lecture. */
export const STEPS = ['the input', 'forward', 'backward', 'update', 'forward again'] as const;

/** The step at which the page opens. Forward and backward have already been computed. */
export const FIRST = 2;
/** The last step. There is a limit because the address may contain any number. */
export const MOST = 100;

/** The step at which the first update is shown before it is made. */
export const UPDATE = 3;

/** The learning rate of the lecture. It is negative, because the lecture writes w ← w + η ∂C/∂w. */
export const ETA = -0.2;
export const ETA_RULE: NumberRule = { most: 0 };

/**
 * Returns the number of updates that have been made at a step. Each step after `UPDATE` makes one
 * update.
 */
export function updatesAt(step: number): number {
  return Math.max(0, step - UPDATE);
}

/** Reads the step from the address. */
export function stepIn(state: URLSearchParams): number {
  const typed = readNumber(state.get('step') ?? '', { whole: true, least: 0, most: MOST });
  return 'value' in typed ? typed.value : FIRST;
}

/** Reads the learning rate from the address. */
export function etaIn(state: URLSearchParams): number {
  const typed = readNumber(state.get('eta') ?? '', ETA_RULE);
  return 'value' in typed ? typed.value : ETA;
}

/** The costs and the target that the text of a step mentions. */
export interface Numbers {
  readonly target: number;
  readonly loss: number;
  /** The cost before the last update. */
  readonly lossBefore?: number;
}

/** Returns the text that describes a step. */
export function wordsAt(step: number, { target, loss, lossBefore = loss }: Numbers): string {
  switch (Math.min(step, STEPS.length - 1)) {
    case 0:
      return `Two inputs, two tanh nodes, one linear node. The target is ${short(target)}.`;
    case 1:
      return 'Each box computes its output from its input. The cost is half the squared distance to the target.';
    case 2:
      return 'Each box gets ∂C/∂x_out, and sends back ∂C/∂x_in. The boxes with weights also compute ∂C/∂w.';
    case UPDATE:
      return 'Each weight makes one step, w ← w + η ∂C/∂w, with η below 0. The table has the new weights; the figure still has the numbers that they come from.';
    default:
      return `${costWords(loss, lossBefore)} You can go on: every further step is one more update.`;
  }
}

function costWords(loss: number, before: number): string {
  if (loss < before) return 'With the new weights the cost is smaller.';
  if (loss > before) return 'With the new weights the cost is larger: the step was too long.';
  return 'With the new weights the cost is the same.';
}
