import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { Adam } from '../../optim/adam.ts';
import { labelsOf } from '../../data/labels.ts';
import { subset } from '../../data/split.ts';
import { BoxpropError } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { evaluate } from '../../train/evaluate.ts';
import { Trainer } from '../../train/trainer.ts';
import { judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/** The number of examples that the network must memorize. */
const EXAMPLES = 20;

/**
 * The number of examples from which the 20 are chosen if the labels are not known without reading
 * the inputs.
 */
const CANDIDATES = 500;

/**
 * Checks whether the network memorizes 20 examples in 100 steps of Adam. The classes are balanced
 * as far as possible, because if most examples had the same class, a network that always predicts
 * it would seem to have memorized them.
 *
 * Source: lecture, "Other things good to know": train on a small subset of the data until the error
 *         is 0.
 */
export async function smallSubset(context: DiagnosticContext): Promise<Diagnostic> {
  const network = context.build();
  const { examples: chosen, classes } = await ofEachClass(context);
  const train = subset(context.data, chosen);
  const optimizer = new Adam(network.params, { learningRate: 0.002 });
  const options = {
    network,
    cost: new SoftmaxCrossEntropy(),
    optimizer,
    train,
    batchSize: EXAMPLES,
    rng: context.rng.fold(9),
  };
  const name = 'small subset';
  try {
    await new Trainer({ ...options, epochs: 100 }).run();
    const { errors, examples } = await evaluate(network, train, { batchSize: EXAMPLES });
    const finding = `${errors} of ${examples} examples wrong after 100 steps of Adam`;
    if (classes === 1) {
      const advice = 'Examples of one class prove nothing: see the label balance above.';
      return judge(name, 'warning', `${finding}, all of one class`, advice);
    }
    const severity = errors === 0 ? 'good' : errors <= examples / 10 ? 'warning' : 'bad';
    const advice =
      'A network that cannot memorize these cannot learn the whole set: see the diagnostics above.';
    return judge(name, severity, finding, advice);
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
    return judge(
      name,
      'bad',
      error.message,
      'The values grow without bound: see the gradients and the data above.',
    );
  } finally {
    optimizer.dispose();
    disposeTensors([network.params, network.buffers]);
  }
}

/** Draws examples at random, one per class in each round, until there are 20. */
async function ofEachClass(
  context: DiagnosticContext,
): Promise<{ examples: number[]; classes: number }> {
  const { data } = context;
  const drawn = sample(context, data.labels === undefined ? CANDIDATES : data.length, 8);
  const byClass = new Map<number, number[]>();
  (await labelsOf(data, drawn)).forEach((label, k) => {
    const examples = byClass.get(label) ?? [];
    // At most EXAMPLES examples of one class can be needed.
    if (examples.length < EXAMPLES) byClass.set(label, [...examples, drawn[k]]);
  });
  const columns = Array.from(byClass.values());
  const turns = Array.from({ length: EXAMPLES }, (_, turn) =>
    columns.flatMap((column) => column.slice(turn, turn + 1)),
  );
  return { examples: turns.flat().slice(0, EXAMPLES), classes: columns.length };
}
