import { describeSimdParity } from '../../../support/simdProof.ts';

describe('own kernels in plain SIMD', () => describeSimdParity({ simd: 'plain' }, 200));
