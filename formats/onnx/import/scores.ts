import type { FileNode, OnnxFile } from '../openOnnx.ts';

/**
 * Returns the file without a Softmax at its outputs, so that the network gives scores, as the costs
 * and `classify` expect: the softmax of a softmax would be nearly uniform.
 */
export function withScores(model: OnnxFile): OnnxFile {
  const outputs = model.outputs.map((output) => {
    let node = makerOf(model, output.name);
    // An Identity may follow the Softmax, only to give the output its name.
    while (node?.op === 'Identity') node = makerOf(model, node.inputs[0]);
    return node?.op === 'Softmax' && node.domain === ''
      ? { ...output, name: node.inputs[0] }
      : output;
  });
  return { ...model, outputs };
}

/** Returns the node that makes a value; undefined for an input and for a tensor of the file. */
export function makerOf({ nodes }: OnnxFile, name: string): FileNode | undefined {
  return nodes.find(({ outputs }) => outputs.includes(name));
}
