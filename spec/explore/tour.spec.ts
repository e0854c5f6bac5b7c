import { Engine } from '../../explore/engine/engine.ts';
import { STOPS } from '../../explore/views/tourStops.ts';
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
  (title, { subject, ask }) =>
    withBackend('float64', () => {
      const engine = new Engine();
      engine.open('tour', subject);
      const { value, check } = engine.inspect('tour', ask.ref);
      if (SIGNS[title] !== 'any') expect(signOf(value)).toBe(SIGNS[title]);
      expect(SIGNS).toHaveProperty([title]);
      expect(check?.verdict).toBe('right');
      engine.close('tour');
    }),
);
