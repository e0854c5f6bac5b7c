import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { Adam } from '../../optim/adam.ts';
import { subset } from '../data/split.ts';
import { InputError } from '../errors.ts';
import { release } from '../memory.ts';
import { evaluate } from '../train/evaluate.ts';
import { Trainer } from '../train/trainer.ts';
import { judge, sample, type Finding, type Patient } from './finding.ts';

/**
 * Whether the network learns 20 records by heart, in 100 steps of Adam.
 *
 * Source: lecture, "Other things good to know": train on a small subset of the data, and see the error go to 0.
 */
export async function smallSubset(patient: Patient): Promise<Finding> {
  const network = patient.build();
  const train = subset(patient.data, sample(patient, 20, 8));
  const optimizer = new Adam(network.params, { learningRate: 0.002 });
  const options = {
    network,
    cost: new SoftmaxCrossEntropy(),
    optimizer,
    train,
    batchSize: 20,
    rng: patient.rng.fold(9),
  };
  const name = 'small subset';
  try {
    await new Trainer({ ...options, epochs: 100 }).run();
    const { errors, records } = await evaluate(network, train, 20);
    const verdict = errors === 0 ? 'good' : errors <= records / 10 ? 'warning' : 'bad';
    const finding = `${errors} of ${records} records wrong after 100 steps of Adam`;
    return judge(
      name,
      verdict,
      finding,
      'A network that cannot learn these will not learn all: look at what is above.',
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return judge(
      name,
      'bad',
      error.message,
      'The numbers grow without bound: see the gradients and the data above.',
    );
  } finally {
    optimizer.dispose();
    release([network.params, network.buffers]);
  }
}
