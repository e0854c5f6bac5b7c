import { InputError } from '../../../lib/errors.ts';
import type { OnnxFile } from '../openOnnx.ts';
import { makerOf } from './scores.ts';

/**
 * Returns the file without the factors and sums at its outputs by which numbers get their units: a
 * network is trained and evaluated on standardized targets.
 *
 * Errors: a file whose outputs do not come from a Mul and an Add of constants.
 */
export function withoutUnits(model: OnnxFile): OnnxFile {
  const outputs = model.outputs.map((output) => {
    let { name } = output;
    for (const op of ['Add', 'Mul']) {
      let node = makerOf(model, name);
      // An Identity may follow, only to give the output its name.
      while (node?.op === 'Identity') node = makerOf(model, node.inputs[0]);
      const [input, ...others] = node?.inputs.filter((one) => !model.tensors.has(one)) ?? [];
      if (node?.op !== op || input === undefined || others.length > 0) {
        throw new InputError(
          `standardized: expected a Mul and an Add of constants at the output, got ${node?.op ?? 'none'}`,
        );
      }
      name = input;
    }
    return { ...output, name };
  });
  return { ...model, outputs };
}
