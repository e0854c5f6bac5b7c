/** The gradient checker: `gradcheck` checks one box, and `gradcheckAll` checks all boxes. */
export {
  Draw,
  type Case,
  type CaseMaker,
  type Cases,
  type CheckedModule,
  type Input,
} from './case.ts';
export { cases } from './cases/index.ts';
export {
  boxNames,
  gradcheck,
  gradcheckAll,
  type GradcheckAllOptions,
  type GradcheckOptions,
  type GradcheckReport,
} from './gradcheck.ts';
export type { GradcheckInput } from './input.ts';
export { gradcheckNetwork, type GradcheckNetworkOptions } from './gradcheckNetwork.ts';
export type { Result } from './result.ts';
