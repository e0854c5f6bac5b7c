import { disposeTensors } from '../../lib/memory.ts';
import { batches } from '../../data/batches.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/** Checks whether each class has about as many examples as the others, among 2000. */
export async function labelBalance(context: DiagnosticContext): Promise<Diagnostic> {
  const { data } = context;
  const examples = sample(context, 2000, 0);
  const counts = new Array<number>(data.classes).fill(0);
  for (const chunk of batches(examples.length, 250)) {
    const batch = await data.batch(chunk.map((index) => examples[index]));
    for (const label of await batch.labels.data()) counts[label]++;
    disposeTensors(batch);
  }
  const present = counts.filter((count) => count > 0).length;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const share = (count: number) => `${brief((100 * count) / examples.length)} %`;
  const severity = present < 2 ? 'bad' : least === 0 || most > 3 * least ? 'warning' : 'good';
  const finding = `${present} of ${data.classes} classes; the rarest ${share(least)}, the commonest ${share(most)} of the examples`;
  const advice =
    present < 2
      ? 'There is only one class to learn: check how the labels are read.'
      : 'Shuffle before you split, and judge by the confusion matrix; the error rate favours the common classes.';
  return judge('label balance', severity, finding, advice);
}
