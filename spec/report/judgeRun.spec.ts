import { judgeRun } from '../../report/judgeRun.ts';
import { linesOf, type EpochFigures } from '../support/figures.ts';

const GOOD: EpochFigures[] = [
  [0.5, 0.1, 0.4, 0.1],
  [0.1, 0.01, 0.1, 0.02],
];
const STUCK: EpochFigures[] = [
  [2.3, 0.9, 2.3, 0.9],
  [2.31, 0.9, 2.3, 0.9],
];

test.each<[verdict: string, sentence: RegExp, lines: Parameters<typeof linesOf>, dead?: number]>([
  [
    'good',
    /^It learns, and what it learns holds for other data: training error 1.00 %, held-out error 2.00 %\.$/,
    [GOOD],
  ],
  ['good', /^It learns, and/, [GOOD], 0.6],
  ['warning', /^No epoch is finished yet\.$/, [[]]],
  [
    'bad',
    /^It diverged: non-finite loss at step 3\. The learning rate of 0\.2 is too high\. Take a tenth/,
    [GOOD, { failure: 'non-finite loss at step 3' }],
  ],
  ['bad', /^It broke off: no space left\.$/, [GOOD, { failure: 'no space left' }]],
  [
    'bad',
    /^It learns nothing, a loss of 2\.310 where guessing gives 2\.303\. Look at the size/,
    [STUCK],
  ],
  [
    'bad',
    /^It learns nothing, a loss of 2\.310 .*: 70 % of the hidden units are dead, .* Draw the weights/,
    [STUCK],
    0.7,
  ],
  [
    'bad',
    /: the learning rate of 0\.2 is too high; in step 1 the loss jumped to 400, and now 70 % of the hidden units are dead\. Take a tenth/,
    [STUCK, { steps: [2.3, 400, 3, 2.3] }],
    0.7,
  ],
  [
    'bad',
    /: the learning rate of 0\.2 is too high; in step 1 the loss jumped to 400\. Take a tenth/,
    [STUCK, { steps: [2.3, 400, 3] }],
  ],
  [
    'warning',
    /^It learns, .*, but in step 1 the loss jumped to 400: a smaller/,
    [GOOD, { steps: [2.3, 400, 0.5] }],
  ],
  // Scores that are far apart before the first step are no jump.
  ['good', /^It learns, and/, [GOOD, { steps: [400, 390, 0.5] }]],
  [
    'warning',
    /^It has hardly begun to learn, a loss of 2\.200 .* Train for longer\.$/,
    [
      [
        [3.1, 0.9, 2.3, 0.9],
        [2.2, 0.8, 2.3, 0.9],
      ],
    ],
  ],
  [
    'bad',
    /^It gets worse again: the training loss was 0\.5 in epoch 1 and is 1\.1 now\. The learning rate of 0\.2 is too high/,
    [
      [
        [0.5, 0.1, 0.4, 0.1],
        [1.1, 0.3, 1.1, 0.3],
      ],
    ],
  ],
  [
    'warning',
    /^It overfits: since epoch 1 the held-out loss has risen from 0\.4 to 0\.6; training error 0\.00 %/,
    [
      [
        [0.5, 0.1, 0.4, 0.1],
        [0.01, 0, 0.6, 0.1],
      ],
    ],
  ],
  [
    'warning',
    /^It overfits: what it knows by heart does not hold for other data; training error 0\.00 %, held-out error 20\.00 %/,
    [
      [
        [0.5, 0.1, 0.6, 0.2],
        [0.01, 0, 0.6, 0.2],
      ],
    ],
  ],
])('%s: %s', (verdict, sentence, lines, dead = undefined) => {
  const found = judgeRun(linesOf(...lines), 10, dead);
  expect(found.sentence).toMatch(sentence);
  expect(found.verdict).toBe(verdict);
});
