import { transformed } from '../../inspect/transformed.ts';

const STILL = { shift: [0, 0], degrees: 0, scale: 1 } as const;

describe('the transformations', () => {
  test('a shift repeats the border, and keeps the channels and examples apart', () => {
    const pixels = [1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60];
    expect([...transformed(pixels, [1, 3, 2], { ...STILL, shift: [0, 1] })]).toEqual([
      1, 10, 1, 10, 2, 20, 4, 40, 4, 40, 5, 50,
    ]);
    expect([...transformed([1, 2, 3, 4, 5, 6], [3, 2, 1], { ...STILL, shift: [1, 0] })]).toEqual([
      1, 2, 1, 2, 3, 4,
    ]);
    expect([...transformed([0, 4, 8], [1, 3, 1], { ...STILL, shift: [0, -0.25] })]).toEqual([
      1, 5, 8,
    ]);
  });

  test('a rotation turns counterclockwise', () => {
    const turned = transformed([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3, 1], { ...STILL, degrees: 90 });
    expect([...turned].map(Math.round)).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
  });

  test('a scale above 1 enlarges the middle', () => {
    expect([...transformed([0, 4, 8, 12], [1, 4, 1], { ...STILL, scale: 2 })]).toEqual([
      3, 5, 7, 9,
    ]);
  });
});
