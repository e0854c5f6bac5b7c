import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { Adam } from '../../optim/adam.ts';
import { batches } from '../../data/batches.ts';
import { subset } from '../../data/split.ts';
import { BoxpropError } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { evaluate } from '../../train/evaluate.ts';
import { Trainer } from '../../train/trainer.ts';
import { judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/** Records that are learnt, and those among which they are looked for. */
const [RECORDS, AMONG] = [20, 500];

/**
 * Whether the network learns 20 records by heart, in 100 steps of Adam. There are as many of each
 * class as can be: where most are of one class, a network that gives all records the same answer
 * would seem to have learnt them.
 *
 * Source: lecture, "Other things good to know": train on a small subset of the data, and see the
 *         error go to 0.
 */
export async function smallSubset(patient: DiagnosticContext): Promise<Diagnostic> {
  const network = patient.build();
  const { records: chosen, classes } = await ofEachClass(patient);
  const train = subset(patient.data, chosen);
  const optimizer = new Adam(network.params, { learningRate: 0.002 });
  const options = {
    network,
    cost: new SoftmaxCrossEntropy(),
    optimizer,
    train,
    batchSize: RECORDS,
    rng: patient.rng.fold(9),
  };
  const name = 'small subset';
  try {
    await new Trainer({ ...options, epochs: 100 }).run();
    const { errors, examples: records } = await evaluate(network, train, { batchSize: RECORDS });
    const finding = `${errors} of ${records} records wrong after 100 steps of Adam`;
    if (classes === 1) {
      const advice = 'They prove nothing: see the label balance above.';
      return judge(name, 'warning', `${finding}, all of one class`, advice);
    }
    const verdict = errors === 0 ? 'good' : errors <= records / 10 ? 'warning' : 'bad';
    const advice = 'A network that cannot learn these will not learn all: look at what is above.';
    return judge(name, verdict, finding, advice);
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
    return judge(
      name,
      'bad',
      error.message,
      'The numbers grow without bound: see the gradients and the data above.',
    );
  } finally {
    optimizer.dispose();
    disposeTensors([network.params, network.buffers]);
  }
}

/** Records drawn at random, one of each class in turn until there are enough. */
async function ofEachClass(
  patient: DiagnosticContext,
): Promise<{ records: number[]; classes: number }> {
  const drawn = sample(patient, AMONG, 8);
  const byClass = new Map<number, number[]>();
  for (const places of batches(drawn.length, 100)) {
    const records = places.map((at) => drawn[at]);
    const batch = await patient.data.batch(records);
    const labels = await batch.labels.data();
    disposeTensors(batch);
    labels.forEach((label, k) => byClass.set(label, [...(byClass.get(label) ?? []), records[k]]));
  }
  const columns = Array.from(byClass.values());
  const turns = Array.from({ length: RECORDS }, (_, turn) =>
    columns.flatMap((own) => own.slice(turn, turn + 1)),
  );
  return { records: turns.flat().slice(0, RECORDS), classes: columns.length };
}
