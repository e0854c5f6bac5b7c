/** The finite-difference checker: `gradcheck` for one box, `gradcheckAll` for all of them. */
export { Draw, type Case, type CaseMaker, type Cases } from './case.ts';
export { cases } from './cases/index.ts';
export type { Result } from './checkCase.ts';
export {
  boxNames,
  gradcheck,
  gradcheckAll,
  type GradcheckAllOptions,
  type GradcheckOptions,
  type Report,
} from './gradcheck.ts';
