import { Engine } from '../../../explore/engine/engine.ts';
import { updatesAt, wordsAt } from '../../../explore/views/example/steps.ts';
import { withBackend } from '../../../index.ts';

test('the step that shows an update has the numbers before it', () => {
  expect([0, 2, 3, 4, 7].map(updatesAt)).toEqual([0, 0, 0, 1, 4]);
});

test.each([
  [0.2, 'smaller'],
  [8, 'larger'],
  [0, 'the same'],
])('with a rate of %p the words say that the cost is %s', (rate, word) =>
  withBackend('float64', () => {
    const engine = new Engine();
    const before = engine.open('example', { kind: 'example' });
    const { loss, cost } = engine.step('example', rate);
    const numbers = { target: cost?.target.values[0] ?? NaN, loss, lossBefore: before.loss };
    expect(wordsAt(4, numbers)).toContain(`the cost is ${word}`);
    engine.close('example');
  }),
);

test('the words name the target of the reader', () => {
  expect(wordsAt(0, { target: -1, loss: 0 })).toContain('The target is −1.');
});

test('a preview shows the numbers after a step, and makes none', () =>
  withBackend('float64', () => {
    const engine = new Engine();
    const before = engine.open('example', { kind: 'example' });
    const preview = engine.preview('example', 0.2);
    expect(engine.preview('example', 0)).toEqual(before);
    expect(engine.step('example', 0.2)).toEqual(preview);
    engine.close('example');
  }));

test('numbers that the reader has changed are there when the example opens', () =>
  withBackend('float64', () => {
    const engine = new Engine();
    const weight = { kind: 'param', box: 0, name: 'weight', index: 1 } as const;
    const { boxes } = engine.open('example', {
      kind: 'example',
      edits: [
        [weight, 0.75],
        [{ kind: 'param', box: 9, name: 'weight', index: 0 }, 1],
      ],
    });
    expect([...boxes[0].params.weight.values]).toEqual([1, 0.75, 0.2, 1]);
    engine.close('example');
  }));
