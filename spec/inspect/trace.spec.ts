import { Tensor } from '@tensorflow/tfjs-core';
import { Draw } from '../../gradcheck/case.ts';
import { cases } from '../../gradcheck/cases/index.ts';
import { Trace } from '../../inspect/trace.ts';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { constant } from '../../lib/constant.ts';
import type { Interval } from '../../lib/facts.ts';
import { tidy } from '../../lib/memory.ts';
import { Module, type AnyModule } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { ReLU, Sequential } from '../../modules/index.ts';
import { numElements } from '../../lib/shapes.ts';
import { inputError } from '../support/inputError.ts';
import { oneHot, reach } from '../support/reach.ts';

/**
 * The number of examples per case. Many are needed, because a maximum passes the gradient to only
 * one input per example.
 */
const EXAMPLES = 60;

/** The windows of single boxes are tested in `spec/modules/facts.spec.ts`. */
describe('the span of a container is the block that its gradient reaches, along all paths', () => {
  test.each(['Sequential', 'Residual', 'Branch', 'Graph'])('%s', async (name) => {
    await withBackend('float64', () => {
      let checked = 0;
      for (let k = 0; k < 24; k++) {
        const { box: drawn, input, config } = cases[name](new Draw(new Rng(1).fold(k)));
        // Skips graphs with several inputs or outputs.
        if (!(drawn instanceof Module) || !(input instanceof Tensor)) continue;
        const box = drawn as AnyModule;
        const outputShape = box.facts([[1, ...input.shape.slice(1)]]).outputShape?.slice(1);
        if (outputShape === undefined || allBoxes(box).length === 0) continue;
        checked++;
        const rng = new Rng(2).fold(k);
        const at = outputShape.map((size) => rng.integer(size));
        const shape = [EXAMPLES, ...input.shape.slice(1)];
        const reached = tidy(() => {
          const { cache } = box.forward(constant(rng.normals(numElements(shape)), shape));
          const gradOutput = oneHot([EXAMPLES, ...outputShape], at);
          return reach(box.backpropToInput(gradOutput, cache) as Tensor);
        });
        const span = at.map((place): Interval => [place, place]);
        const found = new Trace(box, '', input.shape.slice(1)).spanOfInput(span);
        expect([config, at, found]).toEqual([config, at, reached]);
      }
      expect(checked).toBeGreaterThan(5);
    });
  });
});

/** The boxes of a container that are not containers. */
function allBoxes(box: AnyModule): AnyModule[] {
  const children = box.children();
  return children.length === 0 ? [] : children.flatMap(([, child]) => [child, ...allBoxes(child)]);
}

test('a box with a similar name is suggested, and for a number none', () => {
  const named = new Sequential({ conv1: new ReLU(), conv2: new ReLU() });
  expect(() => new Trace(named, 'cnv1', [2])).toThrow(
    inputError('expected box to be one of conv1, conv2, got "cnv1"; did you mean conv1?'),
  );
  expect(() => new Trace(new Sequential([new ReLU()]), '4', [2])).toThrow(
    inputError('expected box to be one of 0, got "4"'),
  );
});
