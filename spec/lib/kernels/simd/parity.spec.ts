import { describeSimdParity } from '../../../support/simdProof.ts';

describe('own kernels in relaxed SIMD', () => describeSimdParity({ simd: 'relaxed' }, 8));
