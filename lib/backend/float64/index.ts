/** The reference backend of the gradient checks: tfjs's kernels in double precision, as plain loops. */
export { registerFloat64 } from './register.ts';
