import * as tf from '@tensorflow/tfjs-core';
import { cases } from '../../gradcheck/index.ts';
import { disposeCase, Draw, type Case, type Input } from '../../gradcheck/case.ts';
import { Cost } from '../../lib/cost.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { init } from '../../index.ts';
import { eachBackend } from '../support/fixtures.ts';
import { expectNoLeak, messageOf } from '../support/compare.ts';

/** The axes that become empty, one after the other; the first is the batch. */
const AXES = [0, 1, 2, 3];

const REFUSED =
  /expected (input(?:\[\d\])?|target) without an axis of size 0, got shape \[[\d, ]*\]$/;

/**
 * Returns the same input, but empty along an axis; undefined if one of its parts has no such axis.
 */
function emptied(input: Input, axis: number): Input | undefined {
  const parts = input instanceof tf.Tensor ? [input] : Object.values(input);
  if (parts.some(({ rank }) => rank <= axis)) return undefined;
  const zeros = ({ shape }: tf.Tensor) => tf.zeros(shape.map((n, i) => (i === axis ? 0 : n)));
  if (input instanceof tf.Tensor) return zeros(input);
  const made = Object.entries(input).map(([key, part]) => [key, zeros(part)] as const);
  return Array.isArray(input) ? made.map(([, part]) => part) : Object.fromEntries(made);
}

function forward({ box, target, context }: Case, input: Input): void {
  if (!(box instanceof Cost)) box.forward(input, context);
  else box.forward(input as tf.Tensor, target as tf.Tensor);
}

/** A chain of no boxes is the identity, which checks nothing. */
const looksAtNothing = ({ box }: Case) =>
  !(box instanceof Cost) && box.constructor.name === 'Sequential' && box.children().length === 0;

eachBackend('an input without elements is refused', () => {
  test.each(Object.entries(cases))('%s', (_, make) => {
    for (let seed = 0; seed < 3; seed++) {
      const item = make(new Draw(new Rng(seed)));
      if (looksAtNothing(item)) continue;
      for (const axis of AXES) {
        expectNoLeak(() => {
          const input = emptied(item.input, axis);
          if (input === undefined) return;
          const message = messageOf(() => forward(item, input));
          // No box expects a batch of a certain size, so the message must be about the empty axis.
          // For another axis it may be about a wrong size.
          if (axis === 0) expect(message).toMatch(REFUSED);
          disposeTensors(input);
        });
      }
      disposeCase(item);
    }
  });

  test('by its name', () => {
    const box = new Conv2D(3, 4, 1, { init: init.zeros });
    expect(messageOf(() => box.infer(tf.zeros([0, 5, 5, 3])))).toBe(
      'Conv2D.forward: expected input without an axis of size 0, got shape [0, 5, 5, 3]',
    );
    expect(messageOf(() => box.infer(tf.zeros([2, 0, 5, 3])))).toBe(
      'Conv2D.forward: expected input without an axis of size 0, got shape [2, 0, 5, 3]',
    );
  });
});
