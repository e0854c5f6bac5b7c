import Sequencer from '@jest/test-sequencer';

/** The specs that take more than a minute. Last, as their sizes would have it, they would keep one worker alone. */
const LONG = ['cli/train', 'browser/parity', 'models/networks', 'psets/psets', 'cli/gradcheck'];

/** Jest's order, with the long ones first. */
export default class LongFirst extends Sequencer.default {
  async sort(tests) {
    const place = ({ path }) => {
      const at = LONG.findIndex((name) => path.endsWith(`/${name}.spec.ts`));
      return at < 0 ? LONG.length : at;
    };
    return [...(await super.sort(tests))].sort((a, b) => place(a) - place(b));
  }
}
