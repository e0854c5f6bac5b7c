import { runInContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/**
 * The names of the language that loops use. Those that a spec may replace, such as `Date` and
 * `fetch`, are missing.
 */
const NAMES = [
  ...['Array', 'Error', 'JSON', 'Map', 'Math', 'Number', 'Object', 'Promise', 'Set', 'String'],
  ...['Symbol', 'Float32Array', 'Float64Array', 'Int32Array', 'Uint8Array', 'Uint32Array'],
];

/**
 * Jest's environment for Node, in which specs take about a quarter less time. Node looks up every
 * global name of a context in the object behind it, each time that a line mentions it. Constants
 * of the same names and values come first in the look-up, and cost nothing.
 */
export default class FastGlobals extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    const constants = NAMES.map((name) => `${name} = globalThis.${name}`);
    runInContext(`const ${constants.join(', ')};`, this.context);
  }
}
