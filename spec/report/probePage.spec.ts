import type { ProbeResult } from '../../inspect/index.ts';
import { formatError, probePage } from '../../report/probePage.ts';

const probed = (name: string, errorRate: number, setting: number) => ({
  box: { name, path: name === 'input' ? '' : '0', shape: [4] },
  features: 4,
  linear: { errorRate, validationErrorRate: errorRate, setting },
  nearest: { errorRate: 0.5, validationErrorRate: 0.4, setting: 3 },
});
const result: ProbeResult = {
  boxes: [probed('input', 0.1, 0.01), probed('<Box>', NaN, NaN)],
  examples: { fit: 80, validation: 20, test: 100 },
  classes: 7,
};

test('the standard error of an error rate', () => {
  expect(formatError(0.1, 100)).toBe('10.00 ± 3.00');
  expect(formatError(NaN, 100)).toBe('–');
  expect(formatError(1, 1)).toBe('100.00');
});

test('the page has the curve, the boxes and the published errors', () => {
  const html = probePage({ network: 'a<b>', data: 'digits', ownErrorRate: 0.0125 }, result);
  expect(html).toContain('<h1>Features tapped off a&#60;b&#62;</h1>');
  expect(html).toContain('for 7 classes of digits. They are fitted to 100 training examples.');
  expect(html).toContain(
    'are chosen on 20 of these, and the errors are those on 100 test examples',
  );
  expect(html).toContain('the network itself on these examples, 1.25 %.');
  expect(html).toContain('<td>input</td><td>4</td><td>10.00 ± 3.00</td><td>0.01</td>');
  expect(html).toContain('<td>&#60;Box&#62; 0</td><td>4</td><td>–</td><td>–</td>');
  // 100 − 44.8
  expect(html).toContain('<td>SVM on layer 1</td><td>55.2 ± 0.7</td><td>75.4 ± 0.4</td>');
  expect(html.match(/<svg /g)).toHaveLength(1);
  const other = probePage({ network: 'a', data: 'b', ownErrorRate: undefined }, result);
  expect(other).not.toContain('the network itself');
});
