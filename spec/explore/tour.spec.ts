import { Engine } from '../../explore/engine/engine.ts';
import type { Ref } from '../../explore/engine/refs.ts';
import { nameOf } from '../../explore/ui/names.ts';
import { askedBy, STOPS, textOf } from '../../explore/views/tourStops.ts';
import { withBackend } from '../../index.ts';

/** The sign that the text of each stop states for the number that the reader predicts. */
const SIGNS: Readonly<Record<string, 'negative' | 'zero' | 'positive' | 'any'>> = {
  'A chain of boxes': 'negative',
  'One box back': 'positive',
  'The arrow down': 'positive',
  'A box without weights': 'any',
  'A closed gate': 'zero',
  'Only the winner': 'zero',
  'One weight in many places': 'any',
  Classes: 'negative',
};

const signOf = (value: number) => (value < 0 ? 'negative' : value > 0 ? 'positive' : 'zero');

test.each(STOPS.map((stop) => [stop.title, stop] as const))(
  '%s: the text agrees with the number, and the number is proven',
  (title, stop) =>
    withBackend('float64', () => {
      const engine = new Engine();
      const snapshot = engine.open('tour', stop.subject);
      const { value, check } = engine.inspect('tour', askedBy(stop, snapshot));
      if (SIGNS[title] !== 'any') expect(signOf(value)).toBe(SIGNS[title]);
      expect(SIGNS).toHaveProperty([title]);
      expect(check?.verdict).toBe('right');
      engine.close('tour');
    }),
);

const place = (kind: 'activation' | 'gradient', place: number, index: number): Ref => ({
  kind,
  place,
  part: 0,
  index,
});

/** The texts of a stop before and after the reader has changed a number. */
const texts = (title: string, ref: Ref, value: number) =>
  withBackend('float64', () => {
    const engine = new Engine();
    const stop = STOPS.find((one) => one.title === title) ?? STOPS[0];
    const before = engine.open('tour', stop.subject);
    const after = engine.write('tour', ref, value);
    engine.close('tour');
    return [before, after].map((numbers) =>
      [...stop.text, stop.lesson, nameOf(askedBy(stop, numbers), numbers)]
        .map((text) => textOf(text, numbers))
        .join(' '),
    );
  });

test.each<[string, Ref, number, string, string]>([
  ['A chain of boxes', { kind: 'target', index: 0 }, -1, 'is too small', 'is too large'],
  ['A chain of boxes', { kind: 'target', index: 0 }, -1, 'target 0.5.', 'target −1.'],
  [
    'One box back',
    { kind: 'param', box: 2, name: 'weight', index: 1 },
    2,
    'w_45 is negative: if this input grows, the output shrinks. ∂C/∂x_out is negative, and the product of the two is positive',
    'w_45 is positive: if this input grows, the output grows. ∂C/∂x_out is positive, and the product of the two is positive',
  ],
  ['The arrow down', place('activation', 0, 0), -1, 'makes this weight smaller: with η = −0.2 from 0.2 to 0.17', 'makes this weight larger'], // prettier-ignore
  ['A closed gate', place('activation', 0, 2), 0.4, 'x_in is −0.05.', 'x_in is 0.4.'],
  ['Classes', { kind: 'target', index: 0 }, 2, 'is class 1', 'is class 2'],
  ['Classes', { kind: 'target', index: 0 }, 2, '∂C/∂x[0, 1]', '∂C/∂x[0, 2]'],
])(
  '%s: the text follows the number that the reader changes',
  async (title, ref, value, before, after) => {
    const [first, second] = await texts(title, ref, value);
    expect(first).toContain(before);
    expect(second).toContain(after);
  },
);

test('the cost of classes is minus the logarithm of a probability', () => {
  expect(STOPS.at(-1)?.text[0]).toContain('minus the logarithm');
});
