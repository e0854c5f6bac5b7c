import type { Comparison } from '../../inspect/index.ts';
import { comparePage, nearestBoxes } from '../../report/comparePage.ts';
import { heatMap } from '../../report/heatMap.ts';

const box = (path: string, name: string) => ({ path, name, shape: [4, 4, 80] });
const comparison: Comparison = {
  a: [box('0', 'Conv2D'), box('1', 'ReLU')],
  b: [box('0', 'Conv2D'), box('conv<2>', 'Conv2D'), box('', 'Linear')],
  examples: 20,
  batchSize: 10,
  cka: [
    [0.5, 0.75, -0.01],
    [NaN, NaN, NaN],
  ],
  rsa: [
    [0.4, 0.3, 0.2],
    [NaN, NaN, NaN],
  ],
  matches: [
    {
      a: 0,
      b: 1,
      units: [
        { unit: 0, match: 7, correlation: 0.5 },
        { unit: 1, match: undefined, correlation: NaN },
        { unit: 2, match: 3, correlation: 0.9 },
      ],
    },
  ],
};

test('the most similar boxes, and none for a box that ignores its input', () => {
  const [conv, relu] = nearestBoxes(comparison);
  expect([conv.other?.path, conv.cka, conv.rsa]).toEqual(['conv<2>', 0.75, 0.3]);
  expect(conv.correlation).toBeCloseTo(0.7, 12);
  expect([relu.other, relu.matched, relu.correlation]).toEqual([undefined, undefined, NaN]);
});

test('the page has both maps, the most similar boxes and the matches', () => {
  const html = comparePage({ a: 'runs/<a>', b: 'b', data: 'digits' }, comparison);
  expect(html.match(/<svg /g)).toHaveLength(2);
  expect(html).toContain('<b>A</b> runs/&#60;a&#62;');
  expect(html).toContain(
    '<td>Conv2D conv&#60;2&#62;</td><td>0.750</td><td>0.300</td><td>0.700</td>',
  );
  expect(html).toContain('<td>ReLU 1</td><td>–</td><td>–</td>');
  expect(html).toContain('Conv2D 0 of A and Conv2D conv&#60;2&#62; of B, the first 3 of 80 units');
  expect(html).toContain('<td>0 → 7 <small>0.50</small></td><td>1 → –</td>');
});

test('a map writes values into few cells, marks unknown ones, and thins many', () => {
  const { cka: values } = comparison;
  const titles = ['A', 'B'] as const;
  const small = heatMap({ values, rows: ['a', 'b'], columns: ['c', 'd', 'e'], titles });
  expect(small.match(/<rect/g)).toHaveLength(6);
  expect(small.match(/×/g)).toHaveLength(3);
  for (const text of ['.50', '.75', '-.01']) expect(small).toContain(`>${text}<`);
  const names = Array.from({ length: 130 }, (_, k) => `box ${k}`);
  const large = heatMap({ values: names.map(() => names.map(() => 0.5)), rows: names, columns: names, titles }); // prettier-ignore
  expect(large.match(/<rect/g)).toHaveLength(44 ** 2);
  expect(large).toContain('>box 0<');
  expect(large).not.toContain('>box 1<');
});
