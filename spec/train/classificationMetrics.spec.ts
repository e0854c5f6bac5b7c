import { ClassificationMetrics } from '../../train/classificationMetrics.ts';

describe('ClassificationMetrics', () => {
  it('counts the label that is not among the five largest', () => {
    const tally = new ClassificationMetrics(7);
    const scores = [0.3, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4]; // class 0 ranks seventh, 6 sixth, 5 fifth
    for (const label of [0, 6, 5, 1]) tally.add(scores, [label]);
    expect([tally.examples, tally.errors, tally.top5Errors]).toEqual([4, 3, 2]);
    expect(tally.confusion.map((row) => row[1])).toEqual([1, 1, 0, 0, 0, 1, 1]);
    expect(tally.confusion.flat().reduce((sum, count) => sum + count)).toBe(4);
  });

  it('gives equal scores to the first class', () => {
    const tally = new ClassificationMetrics(3);
    tally.add([1, 1, 0, 1, 1, 0], [0, 1]);
    expect([tally.errors, tally.confusion]).toEqual([
      1,
      [
        [1, 0, 0],
        [1, 0, 0],
        [0, 0, 0],
      ],
    ]);
  });

  it.each([[[NaN, 0]], [[0, NaN]]])('counts %j as an error, with no answer', (scores) => {
    const tally = new ClassificationMetrics(2);
    tally.add(scores, [0]);
    tally.add(scores, [1]);
    expect([tally.errors, tally.top5Errors, tally.confusion.flat()]).toEqual([2, 2, [0, 0, 0, 0]]);
  });
});
