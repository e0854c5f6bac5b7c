import { disposeTensors } from '../../lib/memory.ts';
import { subset } from '../../data/split.ts';
import { evaluate } from '../../train/evaluate.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/** Whether the network starts as if it guessed: with a cross-entropy of ln classes. */
export async function startLoss(patient: DiagnosticContext): Promise<Diagnostic> {
  const { build, data } = patient;
  const network = build();
  const { loss } = await evaluate(network, subset(data, sample(patient, 200, 2)), {
    batchSize: 50,
  });
  disposeTensors([network.params, network.buffers]);
  const chance = Math.log(data.classes);
  const verdict = loss <= 1.5 * chance ? 'good' : loss <= 3 * chance ? 'warning' : 'bad';
  return judge(
    'loss at the start',
    verdict,
    `${brief(loss)}; chance gives ln ${data.classes} = ${brief(chance)}`,
    'The scores are far apart before anything is learnt: make the initial weights, the last ones first, or the data smaller.',
  );
}
