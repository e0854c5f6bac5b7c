import { useBackend } from '../../lib/backend/useBackend.ts';
import type { Interval, Shape, InputWindow } from '../../lib/facts.ts';
import type { AnyModule } from '../../lib/module.ts';
import { inputsOf } from '../../lib/window.ts';

/** The facts of a box at one input shape, as a reader computes them by hand. */
export interface ExpectedFacts {
  readonly box: () => Pick<AnyModule, 'facts' | 'noDecay' | 'describe'>;
  readonly input: Shape;
  readonly output: Shape;
  readonly multiplyAdds: number;
  /** The size and step of a window per axis, or its name. */
  readonly window: readonly (readonly [size: number, step: number])[] | string;
  /** Whether statistics of the example reach beyond the window; false by default. */
  readonly statistics?: boolean;
  /** Some output positions without the batch, and the block that each depends on. */
  readonly inputs?: readonly (readonly [
    at: readonly number[],
    block: readonly Interval[] | undefined,
  ])[];
  /** The parameters that weight decay leaves alone; undefined for a box without parameters. */
  readonly noDecay?: readonly string[];
  /** The words of the slides; the name of the class if left out. */
  readonly words?: string;
}

/** Facts by hand, by a title. */
export function describeFacts(all: Readonly<Record<string, ExpectedFacts>>): void {
  describe('facts', () => {
    beforeAll(() => useBackend('cpu'));
    test.each(Object.entries(all))('%s', (_, expected) => {
      const box = expected.box();
      const { outputShape, window, multiplyAdds, statistics = false } = box.facts([expected.input]);
      expect({ output: outputShape, multiplyAdds, statistics }).toEqual({
        output: expected.output,
        multiplyAdds: expected.multiplyAdds,
        statistics: expected.statistics ?? false,
      });
      expect(sizeAndStep(window as InputWindow)).toEqual(expected.window);
      for (const [at, block] of expected.inputs ?? []) {
        const outputs = at.map((place): Interval => [place, place]);
        const found = inputsOf(window as InputWindow, outputs, expected.input, expected.output);
        expect([at, found]).toEqual([at, block]);
      }
      expect(box.noDecay).toEqual(expected.noDecay);
      expect(box.describe()).toBe(expected.words ?? box.constructor.name);
    });
  });
}

function sizeAndStep(window: InputWindow): unknown {
  return typeof window === 'string' ? window : window.axes.map(({ size, step }) => [size, step]);
}
