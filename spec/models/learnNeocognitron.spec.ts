import { memory, tensor4d } from '@tensorflow/tfjs-core';
import { CCell, init, Rng, SCell, Sequential, useBackend } from '../../index.ts';
import { learnNeocognitron, representatives } from '../../models/learnNeocognitron.ts';
import { neocognitron } from '../../models/neocognitron.ts';
import { digitBitmaps } from '../../models/digitBitmaps.ts';
import { expectAllClose } from '../support/compare.ts';
import { eachBackend } from '../support/fixtures.ts';

describe('representatives', () => {
  // Two planes of 2x3 cells, as [row][column] = [plane 0, plane 1].
  const answers = [
    [
      [0.1, 0.5],
      [0.2, 0],
      [0.9, 0],
    ],
    [
      [0, 0.3],
      [0, 0],
      [0.4, 0.8],
    ],
  ].flat(2);

  test('are the strongest of their column over all planes, at most one a plane', () => {
    // The columns have 2x2 cells. In the left one plane 1 has the largest answer, 0.5; in the right
    // one plane 0 has it, 0.9.
    expect(representatives(answers, [2, 3, 2], 2)).toEqual([
      { row: 0, column: 0, plane: 1 },
      { row: 0, column: 2, plane: 0 },
    ]);
  });

  test('a column larger than the layer is cut to the layer', () => {
    expect(representatives(answers, [2, 3, 2], 5)).toEqual([{ row: 0, column: 2, plane: 0 }]);
  });

  test('with columns of one cell each plane chooses its strongest cell, unless another plane answers more there', () => {
    expect(representatives(answers, [2, 3, 2], 1)).toEqual([
      { row: 1, column: 2, plane: 1 },
      { row: 0, column: 2, plane: 0 },
    ]);
  });

  test('a cell with answer 0 is never a representative', () => {
    expect(representatives([0, 0, 0, 0], [2, 2, 1], 3)).toEqual([]);
  });
});

eachBackend('learning', () => {
  test('the representative adapts to its input, by Δa = q c u and Δb = q v / 2', async () => {
    const cell = new SCell(1, 2, 1, { r: 1, init: init.values([0.1, 0.2]) });
    const image = tensor4d([2], [1, 1, 1, 1]);
    const before = memory().numTensors;
    // u = v = 2 and c = 1. The two cells answer 0.2 and 0.4, so the second is the representative.
    await learnNeocognitron({ layers: [{ S: cell }] }, image, {
      passes: 1,
      learningRates: [3],
      columnSizes: [1],
    });
    expect(memory().numTensors).toBe(before);
    expectAllClose(cell.params.weight, { shape: [1, 1, 1, 2], values: [0.1, 0.2 + 3 * 2] });
    expectAllClose(cell.params.inhibition, { shape: [2], values: [0, (3 / 2) * 2] });
  });

  test('a layer learns from the outputs of the layers before it, whose learning has ended', async () => {
    const [first, second] = [0.5, 0.25].map(
      (a) => new SCell(1, 1, 1, { r: 1, init: init.values([a]) }),
    );
    const pool = new CCell(1, 1);
    const layers = [{ S: first, C: pool }, { S: second }];
    await learnNeocognitron({ layers }, tensor4d([2], [1, 1, 1, 1]), {
      passes: 1,
      learningRates: [1, 1],
      columnSizes: [1, 1],
    });
    // In S1: a = 0.5 + 2, b = 1, e = 5, h = 2r/(1+r) b v = 2, so the output is 6/3 − 1 = 1.
    const seen = first.infer(tensor4d([2], [1, 1, 1, 1]));
    expectAllClose(seen, { shape: [1, 1, 1, 1], values: [1] });
    const shown = pool.infer(seen).dataSync()[0];
    expectAllClose(second.params.weight, { shape: [1, 1, 1, 1], values: [0.25 + shown] });
    expectAllClose(second.params.inhibition, { shape: [1], values: [shown / 2] });
  });
});

describe('the neocognitron, shown five digits', () => {
  /** Images of the digits 0 to 4, moved down and right from the middle. */
  function digits(down: number, right: number) {
    const values = new Float32Array(5 * 16 * 16);
    digitBitmaps(5).forEach((code, digit) => {
      code.forEach((pixel, i) => {
        const [row, column] = [2 + down + Math.floor(i / 7), 4 + right + (i % 7)];
        if (pixel > 0) values[(digit * 16 + row) * 16 + column] = 1;
      });
    });
    return tensor4d(values, [5, 16, 16, 1]);
  }

  test.each([0, 1, 10])(
    'has one cell per digit, which also recognizes the moved digit (seed %i)',
    async (seed) => {
      await useBackend('wasm');
      const network = neocognitron({ rng: new Rng(seed) });
      await learnNeocognitron(network, digits(0, 0));
      const cells = new Sequential(network.boxes.slice(0, 6));
      const answering = [
        [0, 0],
        [1, 1],
        [-1, 0],
        [1, -1],
      ].map(([down, right]) => {
        const answers = cells.infer(digits(down, right)).dataSync();
        const ofDigit = (digit: number) => Array.from(answers.slice(24 * digit, 24 * digit + 24));
        return Array.from({ length: 5 }, (_, digit) =>
          ofDigit(digit).flatMap((u, cell) => (u > 0.15 ? [cell] : [])),
        );
      });
      expect(new Set(answering[0].flat()).size).toBe(5);
      for (const moved of answering) expect(moved).toEqual(answering[0]);
      network.dispose();
    },
  );
});
