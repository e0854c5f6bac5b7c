import { formatLoss } from '../../cli/formatLoss.ts';

test.each([
  [2.30258, '2.3026'],
  [0, '0.0000'],
  [-1.5, '-1.5000'],
  [8.065430629302379e25, '8.065e+25'],
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
])('%p', (loss, text) => {
  expect(formatLoss(loss)).toBe(text);
});
