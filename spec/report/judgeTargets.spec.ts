import { judgeTargets } from '../../report/judgeTargets.ts';

/** Judges an epoch by its R². */
const judge = (training: number, heldOut: number) => {
  const figures = (rSquared: number) => ({ loss: 0.1, metrics: { rSquared } });
  const epoch = { epoch: 1, train: figures(training), validation: figures(heldOut) };
  return judgeTargets({ steps: [], epochs: [{ ...epoch, learningRate: 0.1, boxes: [] }] });
};

test.each([
  [0.9, 0.88, 'good', 'The network learns and generalizes: training R² 0.900, held out R² 0.880.'],
  [
    0.9,
    NaN,
    'warning',
    'The network learns; whether it generalizes is unknown, because the held-out targets are all the same (training R² 0.900, held out R² –). Hold out more examples.',
  ],
])('training R² %d, held out R² %d: %s', (training, heldOut, verdict, sentence) => {
  expect(judge(training, heldOut)).toEqual({ verdict, sentence });
});
