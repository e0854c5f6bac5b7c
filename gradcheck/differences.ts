import type { Quantity, GradcheckTarget } from './target.ts';

/** The one-sided differences of the loss, and the central difference of every output. */
export function differences(
  subject: GradcheckTarget,
  quantity: Quantity,
  index: number,
  relative: number,
  here: Float64Array,
  gradOutput: Float64Array,
) {
  const original = quantity.values[index];
  const step = relative * Math.max(1, Math.abs(original));
  const { up, down, above, below } = bothSides(subject, quantity, index, step);
  const column = new Float64Array(here.length);
  let [left, right] = [0, 0];
  for (let o = 0; o < here.length; o++) {
    // Differences before sums: outputs that do not move take no part in the rounding.
    right += gradOutput[o] * (up[o] - here[o]);
    left += gradOutput[o] * (here[o] - down[o]);
    column[o] = (up[o] - down[o]) / (above - below);
  }
  // The steps as they were taken, after rounding.
  return { step, column, right: right / (above - original), left: left / (original - below) };
}

/** (f(x + t) − f(x − t))/2 of the loss, scaled to the t that remains of the steps after rounding. */
export function oddPart(
  subject: GradcheckTarget,
  quantity: Quantity,
  index: number,
  t: number,
  gradOutput: Float64Array,
) {
  const { up, down, above, below } = bothSides(subject, quantity, index, t);
  // Differences before sums: outputs that do not move take no part in the rounding.
  const difference = up.reduce((sum, value, o) => sum + gradOutput[o] * (value - down[o]), 0);
  return (difference * t) / (above - below);
}

/** The outputs a step above and below, and where they were taken. */
function bothSides(subject: GradcheckTarget, quantity: Quantity, index: number, step: number) {
  const original = quantity.values[index];
  const [above, below] = [original + step, original - step];
  subject.put(quantity, index, above);
  const up = subject.outputsBehind(quantity);
  subject.put(quantity, index, below);
  const down = subject.outputsBehind(quantity);
  subject.put(quantity, index, original);
  return { up, down, above, below };
}
