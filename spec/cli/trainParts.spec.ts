import { runOptionsFrom } from '../../cli/trainOptions.ts';
import { scheduleOf } from '../../cli/trainParts.ts';
import { inputError } from '../support/inputError.ts';

test('a warm-up may be as long as the run, and not longer', () => {
  const options = (warmupSteps: number) =>
    runOptionsFrom('run.json', { network: 'lenet', epochs: 2, learningRate: 0.5, warmupSteps });
  const { schedule } = scheduleOf({ ...options(20), schedule: 'constant' }, 10);
  expect([9, 19].map(schedule)).toEqual([0.25, 0.5]);
  expect(() => scheduleOf(options(21), 10)).toThrow(
    inputError(
      '--warmup-steps: expected at most the 20 steps of the run, got 21: ' +
        'the learning rate would never be reached',
    ),
  );
});
