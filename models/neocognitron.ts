import { glorotUniform, positiveUniform } from '../lib/init/initializers.ts';
import { CCell } from '../modules/historic/cCell.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { SCell } from '../modules/historic/sCell.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import { checkNetworkOptions, scaler, shapeBehind, type NetworkOptions } from './options.ts';

/** A layer of S-cells, and the layer of C-cells behind it. */
export interface NeocognitronLayer {
  readonly S: SCell;
  readonly C?: CCell;
}

/** A chain of boxes with a list of its layers of cells, for `learnNeocognitron`. */
export class Neocognitron extends Sequential {
  readonly layers: readonly NeocognitronLayer[];

  /** @param readout the boxes behind the last layer. */
  constructor(layers: readonly Required<NeocognitronLayer>[], readout: Record<string, Box>) {
    const cells = layers.flatMap(({ S, C }, i): [string, Box][] => [
      [`S${i + 1}`, S as unknown as Box],
      [`C${i + 1}`, C as unknown as Box],
    ]);
    super({ ...Object.fromEntries(cells), ...readout });
    this.layers = layers;
  }
}

/**
 * The neocognitron: three layers of S-cells, which detect features, each followed by a layer of
 * C-cells, which tolerate shifts of the features. Each layer has 24 planes. The S-cells learn
 * without labels, by `learnNeocognitron`. A linear readout, which the paper does not have, computes
 * scores.
 *
 * The paper gives the numbers of cells and windows of 5x5, and says that the C-cells lie less
 * densely. A stride of 2 and a padding of 4 give the paper's numbers of C-cells. The paper does not
 * give the strength of the connections to C-cells. With a sum of 8 per C-cell, the last C-cells
 * distinguish all five digits for six of ten random starts; for the other four, two digits share a
 * cell.
 *
 * Shapes: input [N, 16, 16, 1], not negative; output the scores of the classes, [N, 10].
 * Errors: those of the boxes.
 * Source: Fukushima 1980, Biological Cybernetics 36, section 5.
 *
 *     const network = neocognitron({ rng: new Rng(0) });
 *     await learnNeocognitron(network, images);
 */
export function neocognitron(options: NetworkOptions): Neocognitron {
  checkNetworkOptions('neocognitron', options);
  const { rng, classes = 10, width, inputShape = [16, 16, 1], init = positiveUniform } = options;
  const planes = scaler(width)(24);
  const draw = { rng, init };
  const sparse = { stride: 2, padding: 4, total: 8 };
  const layers = [
    //                                                                        [16x16x1]
    {
      S: new SCell(inputShape[2], planes, 5, { r: 4, padding: 2, ...draw }), // [16x16x24]
      C: new CCell(planes, 5, sparse), //                                       [10x10x24]
    },
    {
      S: new SCell(planes, planes, 5, { r: 1.5, padding: 1, ...draw }), //      [8x8x24]
      C: new CCell(planes, 5, sparse), //                                       [6x6x24]
    },
    {
      S: new SCell(planes, planes, 5, { r: 1.5, ...draw }), //                  [2x2x24]
      C: new CCell(planes, 2, { total: 8 }), //                                 [1x1x24]
    },
  ];
  const flatten = new Flatten(); //                                             [24]
  const cells = layers.flatMap(({ S, C }) => [S, C]);
  const [units] = shapeBehind([...cells, flatten], inputShape);
  return new Neocognitron(layers, {
    flatten,
    readout: new Linear(units, classes, { rng, init: glorotUniform }), //       [10]
  });
}
