import { useBackend } from '../../lib/backend/useBackend.ts';
import { BACKENDS } from '../support/fixtures.ts';
import { compareRealSizes, INPUT_KINDS, REAL_SIZES } from '../support/realSizes.ts';

/**
 * Compares boxes with the double-precision reference at the sizes of real networks, where long sums
 * in single precision lose digits. `npm run parity` makes tables of the same cases.
 */
describe.each(BACKENDS)('%s computes the same as float64', (backend) => {
  test.each(INPUT_KINDS)(
    'values %s',
    async (kind) => {
      await useBackend(backend);
      const results = await compareRealSizes(backend, { kinds: [kind] });
      expect(results.flatMap(({ failures }) => failures)).toEqual([]);
      const cases = REAL_SIZES.filter(({ kinds }) => kinds.includes(kind));
      expect(results.map(({ config }) => config)).toEqual(cases.map(({ config }) => config));
      // The errors are as large as those of single precision, so the backend itself has computed.
      expect(Math.max(...results.map(({ maxError }) => maxError))).toBeGreaterThan(1e-7);
    },
    300_000,
  );
});
