import type { Variable } from '@tensorflow/tfjs-core';
import { assign } from '../../gradcheck/target.ts';
import { zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { networks } from '../../models/networks.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Microscope } from './microscope.ts';
import type { Value } from './values.ts';

/** A network of `models/` at one image. */
export interface NetworkSubject {
  readonly kind: 'network';
  /** The name of the network, such as `lenet`. */
  readonly architecture: string;
  /** The weights by their paths, such as `0.weight`. */
  readonly weights: Readonly<Record<string, ArrayLike<number>>>;
  /** The image, [1, H, W, C]. */
  readonly input: Value;
  /** The class of the image. */
  readonly label: number;
}

/** Opens the chain of boxes of a network, with the cost of the label. */
export function openNetwork({ architecture, weights, input, label }: NetworkSubject): Microscope {
  const network = networks[architecture]?.build({ rng: new Rng(0), init: zeros });
  if (!(network instanceof Sequential)) {
    throw new Error(`expected the name of a network that is a chain of boxes, got ${architecture}`);
  }
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
