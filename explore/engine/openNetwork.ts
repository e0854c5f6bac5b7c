import type { Variable } from '@tensorflow/tfjs-core';
import { assign } from '../../gradcheck/target.ts';
import { zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { lenet } from '../../models/lenet.ts';
import { Microscope } from './microscope.ts';
import type { Value } from './values.ts';

/** The networks that are chains of boxes and small enough for double precision. */
const NETWORKS = { lenet } as const;

/** A network from `models/` with one image as input. */
export interface NetworkSubject {
  readonly kind: 'network';
  readonly architecture: keyof typeof NETWORKS;
  /** The weights. The keys are their paths, such as `0.weight`. */
  readonly weights: Readonly<Record<string, ArrayLike<number>>>;
  /** The image, [1, H, W, C]. */
  readonly input: Value;
  /** The class of the image. */
  readonly label: number;
}

/** Opens the chain of boxes of a network, with the cost for the label. */
export function openNetwork({ architecture, weights, input, label }: NetworkSubject): Microscope {
  const network = NETWORKS[architecture]({ rng: new Rng(0), init: zeros });
  const params: Readonly<Record<string, Variable>> = network.params;
  for (const [name, param] of Object.entries(params)) {
    const values = weights[name];
    if (values?.length !== param.size) {
      network.dispose();
      throw new Error(
        `expected ${param.size} weights of ${architecture}.${name}, got ${values?.length ?? 'none'}`,
      );
    }
    assign(param, values);
  }
  const cost = new SoftmaxCrossEntropy();
  const target: Value = { shape: [1], values: Float64Array.of(label) };
  return new Microscope({
    boxes: network.boxes,
    input: [input],
    cost: { cost, target, labels: true },
  });
}
