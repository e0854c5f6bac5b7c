import { withBackend } from '../../../index.ts';
import { GROUPS } from '../../../explore/engine/boxes.ts';
import { Engine } from '../../../explore/engine/engine.ts';
import type { Mistake } from '../../../explore/engine/mistakes.ts';
import { describeMistakes, messagesOf } from '../../support/mistakes.ts';

const NAMES = GROUPS.flatMap(({ boxes }) => Object.keys(boxes));

describe('the checker names the mistake that is built into a box', () => {
  test.each<[string, Mistake, string]>([
    ['Conv2D', 'flip', 'looks like this: flipped along axes 0, 1'],
    ['Conv1D', 'flip', 'looks like this: flipped along axes 0'],
    ['LocallyConnected2D', 'flip', 'looks like this: flipped along axes 2, 3'],
    ['Linear', 'batch', 'looks like this: the batch is not summed'],
    ['Conv2D', 'overwrite', 'looks like this: only one of several terms is there: = for +='],
    ['MaxPool2D', 'overwrite', 'looks like this: only one of several terms is there: = for +='],
    ['AvgPool2D', 'factor', 'looks like this: off by a factor 3'],
    ['Tanh', 'factor', 'looks like this: off by a factor 3'],
    ['Max', 'factor', 'looks like this: off by a factor 3'],
    ['Max', 'sign', 'looks like this: the sign is wrong'],
    ['Max', 'transpose', 'looks like this: transposed'],
    ['Pointwise', 'transpose', 'looks like this: transposed'],
    ['Softmax', 'ignore', 'looks like this: it is zero, and so is the gradient of the sum'],
    ['Euclidean', 'factor', 'looks like this: off by a factor 2'],
    ['Tanh', 'pass', 'looks like this: gradOutput is passed on'],
    ['Sigmoid', 'ignore', 'looks like this: gradOutput is ignored'],
    ['Linear', 'transpose', 'looks like this: transposed'],
    ['Conv2D', 'transpose', 'looks like this: transposed: axes 2 and 3 are swapped'],
    ['Tanh', 'sign', 'looks like this: the sign is wrong'],
    ['Huber', 'sign', 'looks like this: the sign is wrong'],
  ])('%s: %s', (name, mistake, expected) =>
    withBackend('float64', () => {
      expect(messagesOf(new Engine(), name, mistake)).toContain(expected);
    }),
  );
});

test('the mistakes of a box are those that change its gradients', () =>
  withBackend('float64', () => {
    const engine = new Engine();
    const of = (name: string) => engine.mistakes({ kind: 'box', name });
    expect(of('Conv2D')).toEqual(['flip', 'overwrite', 'factor', 'ignore', 'transpose', 'sign']);
    expect(of('Linear')).toEqual(['batch', 'overwrite', 'factor', 'ignore', 'transpose', 'sign']);
    expect(of('Tanh')).toEqual(['factor', 'pass', 'ignore', 'transpose', 'sign']);
    expect(of('Euclidean')).toEqual(['factor', 'sign']);
  }));

test('the proof of a number of a broken box says that it is wrong, and its products are right', () =>
  withBackend('float64', () => {
    const engine = new Engine();
    engine.open('right', { kind: 'box', name: 'Conv2D' });
    engine.open('wrong', { kind: 'box', name: 'Conv2D', mistake: 'flip' });
    const ref = { kind: 'gradParam', box: 0, name: 'weight', index: 0 } as const;
    const [right, wrong] = [engine.inspect('right', ref), engine.inspect('wrong', ref)];
    expect(right.check?.verdict).toBe('right');
    expect(wrong.check?.verdict).toBe('wrong');
    expect(wrong.check?.numeric).toBeCloseTo(right.check?.analytic ?? NaN, 8);
    expect(wrong.products?.terms).toEqual(right.products?.terms);
    // The other gradients stay right.
    const input = { kind: 'gradient', place: 0, part: 0, index: 0 } as const;
    expect(engine.inspect('wrong', input).check?.verdict).toBe('right');
  }));

test('the checker leaves the parameters as they were', () =>
  withBackend('float64', () => {
    const engine = new Engine();
    const { boxes } = engine.open('box', { kind: 'box', name: 'BatchNorm', training: true });
    engine.verdict('box');
    const ref = { kind: 'param', box: 0, name: 'bias', index: 1 } as const;
    expect(engine.inspect('box', ref).value).toBe(boxes[0].params.bias.values[1]);
  }));

// Every fourth box. `broken.long.spec.ts` tests all.
describeMistakes(NAMES.filter((_, i) => i % 4 === 0));
