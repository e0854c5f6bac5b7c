import * as losses from '../../../losses/index.ts';
import * as modules from '../../../modules/index.ts';
import { withBackend } from '../../../index.ts';
import { exampleOf, GROUPS } from '../../../explore/engine/boxes.ts';
import { Engine } from '../../../explore/engine/engine.ts';
import type { Snapshot } from '../../../explore/engine/snapshot.ts';
import type { Ref } from '../../../explore/engine/refs.ts';
import { sumOf } from '../../../explore/engine/terms.ts';
import { Rng } from '../../../lib/rng.ts';

const NAMES = GROUPS.flatMap(({ boxes }) => Object.keys(boxes));

/** All numbers of a snapshot, as lists with the address of each element. */
function lists({ activations, gradients, boxes }: Snapshot) {
  const places = (kind: 'activation' | 'gradient', values: Snapshot['activations']) =>
    values.flatMap((parts, place) =>
      parts.map(({ values }, part) => ({
        values,
        ref: (index: number): Ref => ({ kind, place, part, index }),
      })),
    );
  const params = boxes.flatMap((view, box) =>
    (['params', 'gradParams'] as const).flatMap((key) =>
      Object.entries(view[key]).map(([name, { values }]) => ({
        values,
        ref: (index: number): Ref => ({
          kind: key === 'params' ? 'param' : 'gradParam',
          box,
          name,
          index,
        }),
      })),
    ),
  );
  return [...places('activation', activations), ...places('gradient', gradients), ...params];
}

test('the page lists every exported box and cost, and nothing else', () => {
  const exported = { ...modules, ...losses };
  const classes = Object.keys(exported).filter((name) => /^[A-Z]/.test(name));
  expect([...NAMES].sort()).toEqual(classes.sort());
});

describe.each(NAMES)('%s', (name) => {
  test.each([false, ...(exampleOf(name)?.modes ? [true] : [])])(
    'opens with finite numbers that are proven, training %s',
    (training) =>
      withBackend('float64', () => {
        const engine = new Engine();
        const snapshot = engine.open('box', { kind: 'box', name, training });
        expect(Number.isFinite(snapshot.loss)).toBe(true);
        const all = lists(snapshot);
        const rng = new Rng(4);
        for (const { values, ref } of all) {
          expect(values.every(Number.isFinite)).toBe(true);
          const { check, products } = engine.inspect('box', ref(rng.integer(values.length)));
          expect(check?.verdict).not.toBe('wrong');
          if (products?.isSum) expect(sumOf(products.terms)).toBeCloseTo(products.value, 9);
        }
        // A gradient of zeros would show nothing.
        expect(snapshot.gradients[0].flatMap(({ values }) => [...values]).some(Boolean)).toBe(true);
        const reported = engine.verdict('box').filter(({ message }) => message !== undefined);
        // The input of the pool only says where the winners are, so its gradient is 0.
        const isPlace = ({ tensor }: { tensor: string }) =>
          name === 'MaxUnpool2D' && tensor === 'input:1';
        expect(reported.filter((one) => !isPlace(one))).toEqual([]);
        engine.close('box');
      }),
  );
});

/** The names of the boxes; a cost has no given ∂C/∂x_out. */
const BOXES = GROUPS.filter(({ title }) => title !== 'Costs').flatMap(({ boxes }) =>
  Object.keys(boxes),
);

test.each(BOXES)('%s: ∂C/∂x_out shares no number with x_in and the drawn weights', (name) =>
  withBackend('float64', () => {
    const engine = new Engine();
    const { activations, gradients, boxes } = engine.open('box', { kind: 'box', name });
    const params = exampleOf(name)?.seeded ? Object.values(boxes[0].params) : [];
    const others = [...activations[0], ...params].flatMap(({ values }) => [...values]);
    const [gradOutput] = gradients[1];
    expect([...gradOutput.values].filter((value) => others.includes(value))).toEqual([]);
    engine.close('box');
  }),
);

/** The costs whose target is a class per example. */
const OF_CLASSES = NAMES.filter((name) => exampleOf(name)?.labels);

test.each(OF_CLASSES)('%s: a label that is no class is refused, and the old one stays', (name) =>
  withBackend('float64', () => {
    const engine = new Engine();
    const before = engine.open('box', { kind: 'box', name });
    const ref = { kind: 'target', index: 0 } as const;
    expect(() => engine.write('box', ref, 0.5)).toThrow('expected the number of a class, got 0.5');
    expect(() => engine.write('box', ref, 99)).toThrow('99');
    expect(engine.write('box', ref, before.cost?.target.values[0] ?? NaN)).toEqual(before);
    engine.close('box');
  }),
);
