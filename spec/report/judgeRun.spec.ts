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
    /^The network learns and generalizes: training error 1.00 %, held-out error 2.00 %\.$/,
    [GOOD],
  ],
  ['good', /^The network learns and/, [GOOD], 0.6],
  ['warning', /^No epoch is finished yet\.$/, [[]]],
  [
    'bad',
    /^The run diverged: non-finite loss at step 3\. The learning rate of 0\.2 is too high\. Use a tenth/,
    [GOOD, { failure: 'non-finite loss at step 3' }],
  ],
  ['bad', /^The run failed: no space left\.$/, [GOOD, { failure: 'no space left' }]],
  [
    'bad',
    /^The network does not learn: its loss is 2\.310, and guessing gives 2\.303\. Look at the sizes/,
    [STUCK],
  ],
  [
    'bad',
    /^The network does not learn: its loss is 2\.310, .*\. 70 % of the hidden units are dead, .* Use He init/,
    [STUCK],
    0.7,
  ],
  [
    'bad',
    /\. The learning rate of 0\.2 is too high: in step 1 the loss jumped to 400, and now 70 % of the hidden units are dead\. Use a tenth/,
    [STUCK, { steps: [2.3, 400, 3, 2.3] }],
    0.7,
  ],
  [
    'bad',
    /\. The learning rate of 0\.2 is too high: in step 1 the loss jumped to 400\. Use a tenth/,
    [STUCK, { steps: [2.3, 400, 3] }],
  ],
  [
    'warning',
    /^The network learns \(.*\), but in step 1 the loss jumped to 400: a smaller/,
    [GOOD, { steps: [2.3, 400, 0.5] }],
  ],
  // A large loss at the start, from large initial scores, is not a jump.
  ['good', /^The network learns and/, [GOOD, { steps: [400, 390, 0.5] }]],
  [
    'warning',
    /^The network has hardly begun to learn: its loss is 2\.200, .* Train for longer\.$/,
    [
      [
        [3.1, 0.9, 2.3, 0.9],
        [2.2, 0.8, 2.3, 0.9],
      ],
    ],
  ],
  [
    'bad',
    /^The training gets worse again: the training loss was 0\.5 in epoch 1 and is 1\.1 now\. The learning rate of 0\.2 is too high/,
    [
      [
        [0.5, 0.1, 0.4, 0.1],
        [1.1, 0.3, 1.1, 0.3],
      ],
    ],
  ],
  [
    'warning',
    /^The network overfits: since epoch 1 the held-out loss has risen from 0\.4 to 0\.6; training error 0\.00 %/,
    [
      [
        [0.5, 0.1, 0.4, 0.1],
        [0.01, 0, 0.6, 0.1],
      ],
    ],
  ],
  [
    'warning',
    /^The network overfits: the held-out error is much larger than the training error; training error 0\.00 %, held-out error 20\.00 %/,
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
