import { useBackend } from '../../lib/backend/useBackend.ts';
import type { Interval, Shape, InputWindow } from '../../lib/facts.ts';
import type { AnyModule } from '../../lib/module.ts';
import { inputsOf } from '../../lib/window.ts';

/** The facts of a box for one input shape, computed by hand. */
export interface ExpectedFacts {
  readonly box: () => Pick<AnyModule, 'facts' | 'noDecay' | 'describe'>;
  readonly input: Shape;
  readonly output: Shape;
  readonly multiplyAdds: number;
  /** The size and step of a window along each axis, or the window's name. */
  readonly window: readonly (readonly [size: number, step: number])[] | string;
  /** Whether the output also depends on statistics of the whole example; false by default. */
  readonly statistics?: boolean;
  /**
   * Some output positions (without the batch), each with the block of inputs that it depends on.
   */
  readonly inputs?: readonly (readonly [
    at: readonly number[],
    block: readonly Interval[] | undefined,
  ])[];
  /** The parameters without weight decay; undefined for a box without parameters. */
  readonly noDecay?: readonly string[];
  /** The text of `describe()`; the class name by default. */
  readonly words?: string;
}

/** Compares facts with values computed by hand. The keys are test titles. */
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
