import { glorotUniform, positiveUniform } from '../lib/init/initializers.ts';
import { CCell } from '../modules/historic/cCell.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { SCell } from '../modules/historic/sCell.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { scaler, type NetworkOptions } from './options.ts';

/**
 * The neocognitron: three times S-cells, which look for features, and C-cells, which do not mind where they are. The
 * S-cells learn without a teacher, by `learnNeocognitron`; 24 planes a layer. A linear readout, which the paper does not
 * have, gives scores.
 *
 * The paper gives the numbers of cells and windows of 5x5, and says that the C-cells lie less densely. At every second
 * place, and beyond the border, there are as many as it has. How strong their connections are it does not say; with 8
 * in all, the last C-cells tell five digits apart from six of ten random starts; from the others two digits share one.
 *
 * Shapes: input [N, 16, 16, 1], not negative; output the scores of the classes, [N, 10].
 * Errors: those of the boxes.
 * Source: Fukushima 1980, Biological Cybernetics 36, section 5.
 */
export function neocognitron(options: NetworkOptions): Sequential {
  const { rng, classes = 10, width, inputShape = [16, 16, 1], init = positiveUniform } = options;
  const planes = scaler(width)(24);
  const draw = { rng, init };
  const sparse = { stride: 2, padding: 4, total: 8 };
  const halved = (size: number) => Math.floor((size + 3) / 2) + 1;
  const [rows, columns] = inputShape.slice(0, 2).map((size) => halved(halved(size) - 2) - 5);
  return new Sequential({
    //                                                                       [16x16x1]
    S1: new SCell(inputShape[2], planes, 5, { r: 4, padding: 2, ...draw }), // [16x16x24]
    C1: new CCell(planes, 5, sparse), //                                     [10x10x24]
    S2: new SCell(planes, planes, 5, { r: 1.5, padding: 1, ...draw }), //    [8x8x24]
    C2: new CCell(planes, 5, sparse), //                                     [6x6x24]
    S3: new SCell(planes, planes, 5, { r: 1.5, ...draw }), //                [2x2x24]
    C3: new CCell(planes, 2, { total: 8 }), //                               [1x1x24]
    flatten: new Flatten(), //                                               [24]
    readout: new Linear(rows * columns * planes, classes, { rng, init: glorotUniform }), // [10]
  });
}
