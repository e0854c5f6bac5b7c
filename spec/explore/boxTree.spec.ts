import { nestBoxes, type BoxNode } from '../../explore/views/boxTree.ts';
import type { SummaryRow } from '../../inspect/summary/summarize.ts';

const row = (name: string): SummaryRow => ({
  name,
  box: 'Box',
  outputShape: [1],
  parameters: 0,
  multiplyAdds: 0,
  activationBytes: 0,
  receptiveField: [1],
  from: [],
});

const drawn = (nodes: readonly BoxNode[]): unknown[] =>
  nodes.map(({ label, path, children }) =>
    children.length > 0 ? [label, path, drawn(children)] : [label, path],
  );

test('rows are nested by their paths, and a container of one row is not listed', () => {
  const names = ['conv', 'stage.0.residual.a', 'stage.0.residual.b', 'stage.1.residual.a', 'way.x'];
  expect(drawn(nestBoxes([...names, 'stages'].map(row)))).toEqual([
    ['conv', 'conv'],
    [
      'stage',
      'stage',
      [
        [
          '0.residual',
          'stage.0.residual',
          [
            ['a', 'stage.0.residual.a'],
            ['b', 'stage.0.residual.b'],
          ],
        ],
        ['1.residual.a', 'stage.1.residual.a'],
      ],
    ],
    ['way.x', 'way.x'],
    ['stages', 'stages'],
  ]);
});
