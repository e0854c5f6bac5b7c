import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { describeParamPath } from '../../lib/propagate.ts';
import { layerStats, snapshot, type LayerStats } from '../../train/layerStats.ts';
import { trainStep } from '../../train/trainStep.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/**
 * Checks whether gradients explode or vanish on their way to the first box. The magnitude of each
 * box's gradient is compared with the magnitude of its weights.
 */
export async function gradients(context: DiagnosticContext): Promise<Diagnostic> {
  const network = context.build();
  const { input, labels } = await context.data.batch(sample(context, 64, 4));
  let boxes: LayerStats[] = [];
  const noUpdate = { learningRate: 0, step() {} };
  try {
    await trainStep({
      network,
      cost: new SoftmaxCrossEntropy(),
      optimizer: noUpdate,
      input,
      target: labels,
      rng: context.rng.fold(5),
      beforeUpdate: async ({ grads }) => {
        const before = snapshot(network.params);
        boxes = await layerStats({ params: network.params, before, grads });
        disposeTensors(before);
      },
    });
  } finally {
    disposeTensors([input, labels, network.params, network.buffers]);
  }
  if (boxes.length === 0)
    return judge(
      'gradients',
      'warning',
      'the network has no parameters',
      'There is nothing to train.',
    );
  const ratios = boxes.map(({ path, gradient, weight }) => ({
    path,
    ratio: gradient / (weight || 1),
  }));
  const least = ratios.reduce((a, b) => (b.ratio < a.ratio ? b : a));
  const most = ratios.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const severity =
    least.ratio < 1e-7 || most.ratio > 1e3
      ? 'bad'
      : least.ratio < 1e-5 || most.ratio > 10
        ? 'warning'
        : 'good';
  const place = ({ path }: { path: string }) => describeParamPath(network, `${path}.`);
  const finding = `relative to the weights, from ${brief(least.ratio)} in ${place(least)} to ${brief(most.ratio)} in ${place(most)}`;
  const advice =
    most.ratio > 10
      ? 'They explode: reduce the initial weights, clip the gradient, or add normalization between the boxes.'
      : 'They vanish: draw the weights with He’s or Glorot’s initialization, or use ReLU, batch normalization or residuals.';
  return judge('gradients', severity, finding, advice);
}
