import { short } from '../../ui/format.ts';
import { readNumber, type NumberRule } from '../../ui/readNumber.ts';

/** The steps of the example, in the order of the lecture. */
export const STEPS = ['the input', 'forward', 'backward', 'update', 'forward again'] as const;

/** The steps taken when the page opens: forward and backward are done. */
export const FIRST = 2;
/** The last step, because the address may hold any number. */
export const MOST = 100;

/** The step that shows the first update before it is made. */
export const UPDATE = 3;

/** The learning rate of the lecture, which is below 0: w ← w + η ∂C/∂w. */
export const ETA = -0.2;
export const ETA_RULE: NumberRule = { most: 0 };

/**
 * Counts the updates that have been made after so many steps; each step after `UPDATE` makes one.
 */
export function updatesAt(step: number): number {
  return Math.max(0, step - UPDATE);
}

/** Reads the step of the address. */
export function stepIn(state: URLSearchParams): number {
  const typed = readNumber(state.get('step') ?? '', { whole: true, least: 0, most: MOST });
  return 'value' in typed ? typed.value : FIRST;
}

/** Reads the learning rate of the address. */
export function etaIn(state: URLSearchParams): number {
  const typed = readNumber(state.get('eta') ?? '', ETA_RULE);
  return 'value' in typed ? typed.value : ETA;
}

/** The costs and the target that appear in the words of a step. */
export interface Numbers {
  readonly target: number;
  readonly loss: number;
  /** The cost before the last update. */
  readonly lossBefore?: number;
}

/** Says in words which step is shown. */
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
