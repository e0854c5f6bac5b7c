import * as tf from '@tensorflow/tfjs-core';
import { axisGeometry, type Geometry } from '../../../../lib/geometry.ts';
import {
  locallyConnected,
  locallyConnectedToFilters,
  locallyConnectedToInput,
} from '../../../../lib/kernels/locallyConnected/locallyConnected.ts';
import { Rng } from '../../../../lib/rng.ts';
import { expectAllClose, expectNoLeak } from '../../../support/compare.ts';
import { eachBackend } from '../../../support/fixtures.ts';
import { Grid } from '../../../support/grid.ts';

const CHANNELS = 3;
/** Stride, dilation and padding differ between the axes. There are 3 times 4 window positions. */
const GEOMETRY: Geometry = {
  height: axisGeometry(7, 3, 2, 1, 0),
  width: axisGeometry(6, 2, 2, 2, 2),
};

eachBackend('locally connected', () => {
  // A window has 18 cells. With 40 examples and 25 outputs each position is one matrix product;
  // with 2 and 3 all positions are one batched product.
  test.each([
    [2, 3],
    [40, 25],
  ])('%i examples, %i outputs: as the loops of the equations', (batch, outChannels) => {
    const rng = new Rng(0);
    const { height: h, width: w } = GEOMETRY;
    const places = h.output * w.output;
    const x = Grid.random([batch, h.input, w.input, CHANNELS], rng);
    const f = Grid.random([places, h.kernel * w.kernel * CHANNELS, outChannels], rng);
    const g = Grid.random([batch, places, outChannels], rng);
    const [y, toInput, toFilters] = [new Grid(g.shape), new Grid(x.shape), new Grid(f.shape)];
    for (let n = 0; n < batch; n++)
      for (let place = 0; place < places; place++)
        for (let k = 0; k < f.shape[1]; k++) {
          const [c, tap] = [k % CHANNELS, Math.floor(k / CHANNELS)];
          const [i, p] = [Math.floor(place / w.output), Math.floor(tap / w.kernel)];
          const [j, q] = [place % w.output, tap % w.kernel];
          const row = i * h.stride + p * h.dilation - h.before;
          const column = j * w.stride + q * w.dilation - w.before;
          if (row < 0 || row >= h.input || column < 0 || column >= w.input) continue;
          for (let o = 0; o < outChannels; o++) {
            y.add(x.at(n, row, column, c) * f.at(place, k, o), n, place, o);
            toInput.add(g.at(n, place, o) * f.at(place, k, o), n, row, column, c);
            toFilters.add(g.at(n, place, o) * x.at(n, row, column, c), place, k, o);
          }
        }
    const [images, filters, grad] = [
      x.tensor<tf.Tensor4D>(),
      f.tensor<tf.Tensor3D>(),
      g.tensor<tf.Tensor3D>(),
    ];
    expectNoLeak(() => {
      tf.tidy(() => {
        expectAllClose(locallyConnected(images, filters, GEOMETRY), y, 'output');
        expectAllClose(
          locallyConnectedToInput(grad, filters, CHANNELS, GEOMETRY),
          toInput,
          'input',
        );
        expectAllClose(locallyConnectedToFilters(images, grad, GEOMETRY), toFilters, 'filters');
      });
    });
  });
});
