import { disposeTensors } from '../../lib/memory.ts';
import { subset } from '../../data/split.ts';
import { evaluate } from '../../train/evaluate.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/**
 * Checks whether the initial loss is close to ln(classes), the cross-entropy of a uniform guess.
 */
export async function startLoss(context: DiagnosticContext): Promise<Diagnostic> {
  const { build, data } = context;
  const network = build();
  const { loss } = await evaluate(network, subset(data, sample(context, 200, 2)), {
    batchSize: 50,
  });
  disposeTensors([network.params, network.buffers]);
  const chance = Math.log(data.classes);
  const severity = loss <= 1.5 * chance ? 'good' : loss <= 3 * chance ? 'warning' : 'bad';
  return judge(
    'loss at the start',
    severity,
    `${brief(loss)}; chance gives ln ${data.classes} = ${brief(chance)}`,
    'The scores are far apart before any training: reduce the scale of the initial weights, starting with the last box, or of the data.',
  );
}
