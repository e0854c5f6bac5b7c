/** The gradient checker's backend: tfjs's kernels in double precision, as plain loops. */
export { registerFloat64 } from './register.ts';
