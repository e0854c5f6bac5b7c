import { blocksOf, isEquation } from '../../site/reference/docstring.ts';
import { typeset } from '../../site/reference/typeset.ts';

/** Equations of docstrings become MathML, or the build fails. */

/** The MathML of an equation without the tags that only group. */
const short = (equation: string) =>
  typeset(equation)
    .replace(/<\/?(?:math|mrow)[^>]*>/g, '')
    .replace(/ (?:stretchy|largeop|movablelimits|mathvariant)="\w+"/g, '');

test.each([
  ['a = b + 1', '<mi>a</mi><mo>=</mo><mi>b</mi><mo>+</mo><mn>1</mn>'],
  ['x_in', '<msub><mi>x</mi><mtext>in</mtext></msub>'],
  ['x_ij²', '<msubsup><mi>x</mi><mi>i</mi><mi>j</mi><mn>2</mn></msubsup>'],
  ['1/m', '<mfrac><mn>1</mn><mi>m</mi></mfrac>'],
  // A fraction bar replaces the brackets around its parts.
  ['(a − b)/c', '<mfrac><mi>a</mi><mo>−</mo><mi>b</mi><mi>c</mi></mfrac>'],
  ['(1/m)', '<mfrac><mn>1</mn><mi>m</mi></mfrac>'],
  // A slash between spaces stays a slash.
  ['a / b', '<mi>a</mi><mo>/</mo><mi>b</mi>'],
  ['∂C/∂w', '<mfrac><mo>∂</mo><mi>C</mi><mo>∂</mo><mi>w</mi></mfrac>'],
  ['√(a + b)', '<msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt>'],
  ['Σ_i x', '<munder><mo>∑</mo><mi>i</mi></munder><mi>x</mi>'],
  ['x < 1', '<mi>x</mi><mo>&#60;</mo><mn>1</mn>'],
  ['a^⌊g⌋', '<msup><mi>a</mi><mo>⌊</mo><mi>g</mi><mo>⌋</mo></msup>'],
  ['s^(p−1)', '<msup><mi>s</mi><mi>p</mi><mo>−</mo><mn>1</mn></msup>'],
])('%s', (equation, mathml) => {
  expect(short(equation)).toBe(mathml);
});

test.each([
  ['(a', 'expected ), got the end'],
  ['a)', 'expected no )'],
  ['[a)', 'expected no )'],
  ['a £ b', 'unknown character "£"'],
  ['_i', 'expected a name before _, got none'],
  ['x_', 'expected an index, got none'],
  ['a/', 'expected a denominator'],
  ['√', 'expected a radicand after √'],
])('%s is refused', (equation, why) => {
  expect(() => typeset(equation)).toThrow(`${JSON.stringify(equation)} cannot be typeset: ${why}`);
});

test('a docstring has text, equations by arrow, labelled parts, and an example', () => {
  const docstring = [
    'Multiplies. With a scale a:',
    '',
    '  forward            x_out = a x_in',
    '  backpropToParams   ∂C/∂a = Σ_n ∂C/∂x_out',
    '                               · x_in',
    '                     ∂C/∂b = 0',
    '',
    'Shapes: input any,',
    '        output the same.',
    'Errors: none.',
    '',
    '    new Scale();',
  ].join('\n');
  expect(blocksOf(docstring)).toEqual([
    { kind: 'text', text: 'Multiplies. With a scale a:' },
    {
      kind: 'equations',
      groups: [
        { label: 'forward', equations: ['x_out = a x_in'] },
        {
          label: 'backpropToParams',
          equations: ['∂C/∂a = Σ_n ∂C/∂x_out · x_in', '∂C/∂b = 0'],
        },
      ],
    },
    { kind: 'text', label: 'Shapes', text: 'input any, output the same.' },
    { kind: 'text', label: 'Errors', text: 'none.' },
    { kind: 'code', text: 'new Scale();' },
  ]);
});

test('a table of words is no equation', () => {
  expect(isEquation('x_out = a x_in')).toBe(true);
  expect(isEquation('before the forward pass')).toBe(false);
});
