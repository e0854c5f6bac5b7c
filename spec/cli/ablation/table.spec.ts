import { ablationRows, formatRetrained } from '../../../cli/ablation/table.ts';

test('the rise of the error is taken within each seed', () => {
  const variants = [
    { without: [], what: '', parameters: 100 },
    { without: ['conv2'], what: '4 filters', parameters: 130 },
  ];
  const errors: Readonly<Record<string, readonly number[]>> = { '': [10, 30], conv2: [14, 36] };
  const rows = ablationRows(variants, ({ without }) =>
    errors[without.join('+')].map((count, seed) => {
      return { without, seed, errors: count, examples: 200, loss: 0, seconds: 1 };
    }),
  );
  expect(rows[0]).toMatchObject({ dropped: 0, error: { mean: 10, standardError: 5 } });
  expect(rows[0].rise).toBeUndefined();
  // Rises of 2 and 3 points: s² = 1/2, and s/√2 = 1/2.
  expect(rows[1]).toMatchObject({ dropped: -30, error: { mean: 12.5 } });
  expect(rows[1].rise?.mean).toBeCloseTo(2.5, 12);
  expect(rows[1].rise?.standardError).toBeCloseTo(0.5, 12);
  const text = formatRetrained(rows, 2);
  expect(text).toContain('mean and standard error of 2 seeds');
  expect(text).toMatch(/conv2 +│ 4 filters │ +130 │ +-30 │ +12\.50 ± 5\.50 │ +2\.50 ± 0\.50/);
});
