import { heNormal } from '../lib/init/initializers.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Linear } from '../modules/linear.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import { alexnet, type AlexnetOptions } from './alexnet.ts';

/** Layers that the lecture taps off. */
export type AlexnetLayer = 'conv3' | 'conv4' | 'fc6' | 'fc7';

/**
 * AlexNet without some of its layers, each with its ReLU and dropout. What follows a gap takes what comes before it:
 * without conv3 and conv4, conv5 has the 256 channels of norm2 as its input, and without fc6 and fc7, fc8 has the 9216
 * numbers of pool5.
 *
 * Shapes: those of `alexnet`.
 * Errors: those of the boxes.
 * Source: lecture, "How important is Depth"; Zeiler, Fergus 2013, arXiv:1311.2901, table 3.
 */
export function alexnetWithout(
  removed: readonly AlexnetLayer[],
  options: AlexnetOptions,
): Sequential {
  const { rng, init = heNormal } = options;
  const boxes: Record<string, Box> = {};
  /** The channels or numbers that the layer before gives. */
  let before: number | undefined;
  for (const [name, box] of alexnet(options).children() as readonly (readonly [string, Box])[]) {
    const layer = name.replace(/^(relu|dropout)(?=[67])/, 'fc').replace(/^relu(?=[34])/, 'conv');
    if (removed.some((one) => one === layer)) {
      before ??=
        box instanceof Conv2D ? box.inChannels : box instanceof Linear ? box.inFeatures : undefined;
      box.dispose();
      continue;
    }
    boxes[name] = box;
    if (before === undefined) continue;
    if (box instanceof Conv2D && box.inChannels !== before) {
      const { outChannels, kernelSize, padding, groups } = box;
      boxes[name] = new Conv2D(before, outChannels, kernelSize, { padding, groups, init, rng });
      box.dispose();
    }
    if (box instanceof Linear && box.inFeatures !== before) {
      boxes[name] = new Linear(before, box.outFeatures, { init, rng });
      box.dispose();
    }
    before = undefined;
  }
  return new Sequential(boxes);
}
