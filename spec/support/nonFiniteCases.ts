import { cases } from '../../gradcheck/index.ts';
import { BACKENDS } from './fixtures.ts';
import { nonFiniteReport } from './nonFinite.ts';

/**
 * Boxes with a kernel that multiplies by zeros of padding or of a dilation, in a matrix product, so
 * that 0 · ∞ makes more NaNs than on float64, which leaves these products out. None of these boxes
 * hides a value that is not finite.
 */
const MULTIPLIES_BY_ZERO = [
  'Conv1D',
  'Conv2D',
  'Conv3D',
  'ConvTranspose2D',
  'DepthwiseConv2D',
  'TableConv2D',
  'SCell',
  'Sequential',
  'Residual',
  'Branch',
  'Graph',
];

/**
 * Tests that NaN and ±∞ pass through every box and cost as they do on float64, forward and
 * backward, in this number of random cases per box.
 */
export function describeNonFinite(count: number): void {
  describe.each(BACKENDS)('%s', (backend) => {
    test.each(Object.keys(cases))('%s', async (name) => {
      const { [name]: differences } = await nonFiniteReport(backend, {
        cases: count,
        names: [name],
      });
      expect(differences.filter((line) => !isKnown(backend, name, line))).toEqual([]);
    });
  });
}

function isKnown(backend: string, name: string, difference: string): boolean {
  const [kind] = difference.split(':');
  if (backend === 'tensorflow' && name === 'ReLU') {
    // TensorFlow multiplies by [y > 0], which is 0 for a NaN. The output shows the NaN.
    return difference.startsWith('hidden') && difference.includes(', input of');
  }
  if (!MULTIPLIES_BY_ZERO.includes(name)) return false;
  // An additional NaN in one branch changes which branch is the largest.
  return kind === 'spoiled' || (name === 'Branch' && kind === 'different');
}
