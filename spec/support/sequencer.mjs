import Sequencer from '@jest/test-sequencer';

/**
 * Jest's order, with the long specs first: at the end they would keep one worker busy and the
 * others idle.
 */
export default class LongFirst extends Sequencer.default {
  async sort(tests) {
    const rank = ({ path }) => (path.endsWith('.long.spec.ts') ? 0 : 1);
    return [...(await super.sort(tests))].sort((a, b) => rank(a) - rank(b));
  }
}
