import type { CheckedTensor, Probed } from './target.ts';

/**
 * Computes the two one-sided differences of the loss, and the central difference of every output.
 */
export function finiteDifference(
  target: Probed,
  tensor: CheckedTensor,
  index: number,
  relative: number,
  here: Float64Array,
  gradOutput: Float64Array,
) {
  const original = tensor.values[index];
  const step = relative * Math.max(1, Math.abs(original));
  const { up, down, above, below } = outputsOnBothSides(target, tensor, index, step);
  const column = new Float64Array(here.length);
  let [left, right] = [0, 0];
  for (let o = 0; o < here.length; o++) {
    // The outputs are subtracted before they are summed, so that outputs that do not change add no
    // rounding error.
    right += gradOutput[o] * (up[o] - here[o]);
    left += gradOutput[o] * (here[o] - down[o]);
    column[o] = (up[o] - down[o]) / (above - below);
  }
  // The differences are divided by the steps that `above` and `below` have after rounding.
  return { step, column, right: right / (above - original), left: left / (original - below) };
}

/**
 * Computes (f(x + t) − f(x − t))/2 for the loss f. Rounding changes the step a little, so the
 * difference is scaled to the step t.
 */
export function oddPart(
  target: Probed,
  tensor: CheckedTensor,
  index: number,
  t: number,
  gradOutput: Float64Array,
) {
  const { up, down, above, below } = outputsOnBothSides(target, tensor, index, t);
  // The outputs are subtracted before they are summed, so that outputs that do not change add no
  // rounding error.
  const difference = up.reduce((sum, value, o) => sum + gradOutput[o] * (value - down[o]), 0);
  return (difference * t) / (above - below);
}

/**
 * Computes the outputs one step above and one step below the value. Returns them with the two
 * values.
 */
function outputsOnBothSides(target: Probed, tensor: CheckedTensor, index: number, step: number) {
  const original = tensor.values[index];
  const [above, below] = [original + step, original - step];
  target.setValue(tensor, index, above);
  const up = target.outputsAfterChange(tensor);
  target.setValue(tensor, index, below);
  const down = target.outputsAfterChange(tensor);
  target.setValue(tensor, index, original);
  return { up, down, above, below };
}
