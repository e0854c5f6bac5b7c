import { disposeTensors } from '../../lib/memory.ts';
import { batches } from '../../data/batches.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/** Whether every class has about as many records, among 2000. */
export async function labelBalance(patient: DiagnosticContext): Promise<Diagnostic> {
  const { data } = patient;
  const records = sample(patient, 2000, 0);
  const counts = new Array<number>(data.classes).fill(0);
  for (const places of batches(records.length, 250)) {
    const batch = await data.batch(places.map((at) => records[at]));
    for (const label of await batch.labels.data()) counts[label]++;
    disposeTensors(batch);
  }
  const present = counts.filter((count) => count > 0).length;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const share = (count: number) => `${brief((100 * count) / records.length)} %`;
  const verdict = present < 2 ? 'bad' : least === 0 || most > 3 * least ? 'warning' : 'good';
  const finding = `${present} of ${data.classes} classes; the rarest ${share(least)}, the commonest ${share(most)} of the records`;
  const advice =
    present < 2
      ? 'There is nothing to tell apart: look how the labels are read.'
      : 'Shuffle before you split, and judge by the confusion matrix; the error alone favours the common classes.';
  return judge('label balance', verdict, finding, advice);
}
