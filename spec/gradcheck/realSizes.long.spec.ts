import { BACKENDS } from '../support/fixtures.ts';
import { HOSTS } from '../support/hosts.ts';
import { INPUT_KINDS, REAL_SIZES, type RealResult } from '../support/realSizes.ts';

/**
 * Compares boxes with the double-precision reference at the sizes of real networks, where long sums
 * in single precision lose digits. It runs in a process of its own, because the loops of the
 * reference take three times as long in Jest. `npm run parity` makes tables of the same cases.
 */
test.each(BACKENDS)(
  'boxes on %s compute the same as float64',
  async (backend) => {
    const { call } = await HOSTS.cpu.open();
    const results = await call<RealResult[]>('realSizes', backend, {});
    expect(results.flatMap(({ failures }) => failures)).toEqual([]);
    const cases = INPUT_KINDS.flatMap((kind) =>
      REAL_SIZES.filter(({ kinds }) => kinds.includes(kind)).map(({ config }) => [config, kind]),
    );
    expect(results.map(({ config, kind }) => [config, kind])).toEqual(cases);
    // The errors are as large as those of single precision, so the backend itself has computed.
    expect(Math.max(...results.map(({ maxError }) => maxError))).toBeGreaterThan(1e-7);
  },
  600_000,
);
