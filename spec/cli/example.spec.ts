import { backpropExample, formatExample, type Example } from '../../cli/example.ts';

describe('the worked example of the lecture', () => {
  let example: Example;
  beforeAll(async () => {
    example = await backpropExample();
  });

  const close = (values: number[]) => values.map((value): unknown => expect.closeTo(value, 7));

  it('has the lecture’s forward', () => {
    expect(example.forward).toEqual([
      { name: 'input', values: close([1, 0.1]) },
      { name: 'Linear', values: close([0.7, 0.3]) },
      { name: 'Tanh', values: close([0.6043678, 0.2913126]) },
      { name: 'Linear', values: close([0.3130552]) },
    ]);
    expect(example.loss).toBeCloseTo(0.01747419, 8);
  });

  it('has the lecture’s backward', () => {
    expect(example.backward).toEqual([
      { name: 'Linear', values: close([-0.1869448]) },
      { name: 'Tanh', values: close([-0.1869448, 0.1869448]) },
      { name: 'Linear', values: close([-0.1186613, 0.1710801]) },
    ]);
  });

  it('has the lecture’s weights before and after', () => {
    const weights = example.weights.map(({ name, before, after, slide }) => [
      name,
      before,
      after,
      slide,
    ]);
    expect(weights).toEqual([
      ['w13', 1, ...close([1.0237323]), '1.02'],
      ['w23', -3, ...close([-2.9976268]), '-3.0'],
      ['w14', 0.2, ...close([0.165784]), '0.17'],
      ['w24', 1, ...close([0.9965784]), '1.0'],
      ['w35', 1, ...close([1.0225967]), '1.02'],
      ['w45', -1, ...close([-0.9891081]), '-0.99'],
    ]);
    for (const { before, gradient, after } of example.weights) {
      expect(before - 0.2 * gradient).toBeCloseTo(after, 14);
    }
  });

  it('rounds as the slide does', () => {
    for (const { after, slide } of example.weights) {
      expect(after.toFixed(slide.split('.')[1].length)).toBe(slide);
    }
  });

  it('has the second forward', () => {
    expect(example.secondForward[3].values).toEqual(close([0.3768044]));
    expect(example.secondLoss).toBeCloseTo(0.0075886, 7);
  });

  it('prints all of it', () => {
    const text = formatExample(example);
    for (const line of [
      '  Linear       0.7000000   0.3000000',
      '  Tanh         0.6043678   0.2913126',
      '  Euclidean    0.0174742',
      '  Linear      -0.1186613   0.1710801',
      '  weight          before       dE/dw       after       slide',
      '  w14          0.2000000   0.1710801   0.1657840        0.17',
      '  w45         -1.0000000  -0.0544594  -0.9891081       -0.99',
      '  Euclidean    0.0075886',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });
});
