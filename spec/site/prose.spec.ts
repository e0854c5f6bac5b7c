import { prose } from '../../site/reference/prose.ts';

test.each([
  ['x_in', '<i>x</i><sub>in</sub>'],
  ['[K_h, K_w]', '&#91;<i>K</i><sub>h</sub>, <i>K</i><sub>w</sub>&#93;'],
  ['max_value', 'max&#95;value'],
])('%s: the index of a symbol is set below', (text, html) => {
  expect(prose(text, () => undefined)).toBe(html);
});
