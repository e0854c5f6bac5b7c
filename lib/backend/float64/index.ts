/**
 * The backend of the gradient checker: tfjs's kernels in double precision, written as plain loops.
 */
export { registerFloat64 } from './register.ts';
