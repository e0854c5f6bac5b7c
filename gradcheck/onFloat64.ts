import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { withFloat64 } from '../lib/backend/float64/withFloat64.ts';
import { Cost } from '../lib/cost.ts';
import type { CheckedModule } from './case.ts';
import { assign } from './target.ts';

/**
 * Runs `body` on the backend float64, with a copy of the parameters and buffers of a box there, and
 * restores them afterwards.
 */
export async function onFloat64<T>(box: CheckedModule | Cost, body: () => T): Promise<T> {
  const params: [Variable, Float64Array][] = [];
  if (!(box instanceof Cost)) {
    for (const param of [...Object.values(box.params), ...Object.values(box.buffers)]) {
      params.push([param, await readValues(param)]);
    }
  }
  try {
    return await withFloat64(() => {
      params.forEach(([param, values]) => assign(param, values));
      return body();
    });
  } finally {
    params.forEach(([param, values]) => assign(param, values));
  }
}

/** Reads the values of a tensor as doubles. */
export async function readValues(tensor: Tensor): Promise<Float64Array> {
  return Float64Array.from(await tensor.data());
}
