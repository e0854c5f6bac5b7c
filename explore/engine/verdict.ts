import { tidy } from '../../lib/memory.ts';
import { Rng } from '../../lib/rng.ts';
import type { Input } from '../../gradcheck/case.ts';
import { checkCase } from '../../gradcheck/checkCase.ts';

import type { Microscope } from './microscope.ts';
import { MISTAKES, type Mistake } from './mistakes.ts';
import { openBox, type BoxSubject } from './openBox.ts';
import { toTensor } from './values.ts';

/** The gradient checker's verdict on one tensor of a box. */
export interface Verdict {
  /** `output`, `input`, or `param:weight`. */
  readonly tensor: string;
  /** The number of elements that were compared with a central difference. */
  readonly checked: number;
  /** The problem, as the checker describes it. It is undefined if the gradient is correct. */
  readonly message?: string;
}

/** Runs the gradient checker on the single box, or the cost, of a microscope. */
export function verdictOn(microscope: Microscope): readonly Verdict[] {
  const { boxes, cost } = microscope;
  const [box] = boxes;
  const saved = microscope.save();
  try {
    return tidy(() => {
      const inputs = microscope.snapshot().activations[0].map(toTensor);
      const { context } = microscope;
      const item = {
        config: '',
        box: (box ?? cost?.cost) as Parameters<typeof checkCase>[1]['box'],
        input: microscope.argument(0, inputs) as Input,
        ...(cost && { target: microscope.target() }),
        ...(context && { context }),
      };
      return checkCase('', item, new Rng(1)).map(({ tensor, checked, message }) => ({
        tensor,
        checked,
        ...(message !== undefined && { message }),
      }));
    });
  } finally {
    // The checker changes parameters whose values are all equal, such as biases of 0, so they are
    // restored.
    microscope.restore(saved);
  }
}

/** Lists the mistakes that change a gradient of this box at this input. */
export function mistakesFor(subject: BoxSubject): readonly Mistake[] {
  const { mistake: _, ...right } = subject;
  const truth = gradientsOf(right);
  return (Object.keys(MISTAKES) as Mistake[]).filter((mistake) => {
    const wrong = gradientsOf({ ...right, mistake });
    return wrong.some((value, i) => Math.abs(value - truth[i]) > 1e-9);
  });
}

function gradientsOf(subject: BoxSubject): readonly number[] {
  const microscope = openBox(subject);
  const { gradients, boxes } = microscope.snapshot();
  microscope.dispose();
  return [
    ...gradients[0].flatMap(({ values }) => [...values]),
    ...boxes.flatMap(({ gradParams }) =>
      Object.values(gradParams).flatMap(({ values }) => [...values]),
    ),
  ];
}
