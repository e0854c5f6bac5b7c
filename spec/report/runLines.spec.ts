import { sortLines } from '../../report/runLines.ts';
import { inputError } from '../support/inputError.ts';
import { logOf } from '../support/figures.ts';

const [STEP, ...REST] = logOf([[1, 0.5, 1, 0.5]]);

test.each([
  [{ ...STEP, loss: -3 }, 'step at step 0: loss: expected a loss of at least 0, got -3'],
  [
    { ...REST[9], train: { loss: -0.1, errorRate: 0 } },
    'epoch at step 10: train.loss: expected a loss of at least 0, got -0.1',
  ],
  [
    { ...REST[9], validation: { loss: 0, errorRate: 1.5 } },
    'epoch at step 10: validation.errorRate: expected a number from 0 to 1, got 1.5',
  ],
  [{ ...STEP, loss: 'low' }, 'step at step 0: loss: expected a finite number, got "low"'],
  [{ ...STEP, loss: null }, 'step at step 0: loss: expected a finite number, got null'],
])('%#. a line with a value that no training has is refused', (line, message) => {
  expect(() => sortLines([line])).toThrow(inputError(`log.jsonl: ${message}`));
});

test('a loss of 0 may have a rounding error', () => {
  expect(sortLines([{ ...STEP, loss: -6e-8 }]).steps).toHaveLength(1);
});
