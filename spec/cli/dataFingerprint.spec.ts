import { dataFingerprint } from '../../cli/dataFingerprint.ts';
import { ArrayDataset, type Dataset } from '../../data/dataset.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';

beforeAll(() => useBackend('cpu'));

const LENGTH = 40;

interface Change {
  readonly inputs?: (values: Float32Array) => void;
  readonly labels?: (values: Int32Array) => void;
}

function dataset({ inputs: changeInputs, labels: changeLabels }: Change = {}): Dataset {
  const inputs = Float32Array.from({ length: 2 * LENGTH }, (_, i) => i / 7);
  const labels = Int32Array.from({ length: LENGTH }, (_, i) => i % 3);
  changeInputs?.(inputs);
  changeLabels?.(labels);
  return new ArrayDataset({ name: 'numbers', inputs, inputShape: [2], labels, classes: 3 });
}

test('the same data have the same fingerprint', async () => {
  expect(await dataFingerprint(dataset())).toBe(await dataFingerprint(dataset()));
  expect(await dataFingerprint(dataset())).toMatch(/^[0-9a-f]{32}$/);
});

test.each<[string, Change]>([
  [
    'inputs of another scale',
    { inputs: (values) => values.forEach((x, i) => (values[i] = 2 * x)) },
  ],
  ['the input of the first example', { inputs: (values) => (values[1] = 5) }],
  ['the label of any example', { labels: (values) => (values[1] = 2) }],
])('%s changes it', async (_, change) => {
  expect(await dataFingerprint(dataset(change))).not.toBe(await dataFingerprint(dataset()));
});
