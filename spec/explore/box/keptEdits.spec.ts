import type { Edits } from '../../../explore/engine/openBox.ts';
import { keptEdits } from '../../../explore/views/box/keptEdits.ts';

const EDITS: Edits = [
  [{ kind: 'activation', place: 0, part: 0, index: 4 }, 7],
  [{ kind: 'param', box: 0, name: 'weight', index: 1 }, 8],
  [{ kind: 'gradient', place: 1, part: 0, index: 0 }, 9],
];

test('an input stays at its coordinates in a new shape, and a weight stays', () => {
  expect(keptEdits(EDITS, { kind: 'shapes', from: [[2, 3]], to: [[4, 5]] })).toEqual({
    edits: 'activation 0 0 6 7,param 0 weight 1 8',
    dropped: 1,
  });
});

test.each([[[[1, 3]]], [[[2, 1]]], [[[6]]], [[]]])(
  'an input that %j does not have is dropped',
  (to) => {
    expect(keptEdits(EDITS, { kind: 'shapes', from: [[2, 3]], to })).toEqual({
      edits: 'param 0 weight 1 8',
      dropped: 2,
    });
  },
);

test('other options keep inputs and weights, other arguments keep inputs', () => {
  expect(keptEdits(EDITS, { kind: 'options' }).dropped).toBe(1);
  expect(keptEdits(EDITS, { kind: 'args' })).toEqual({ edits: 'activation 0 0 4 7', dropped: 2 });
  expect(keptEdits([], { kind: 'args' })).toEqual({ edits: undefined, dropped: 0 });
});
