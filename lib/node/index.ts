/** boxprop/node: what needs a file system. */
export { loadMnist, type Mnist, type MnistOptions } from '../data/mnist.ts';
export { loadWeights, saveWeights } from '../io/weights.ts';
export { writeFileAtomic } from '../io/writeFileAtomic.ts';
