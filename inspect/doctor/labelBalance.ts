import { countClasses, labelsOf } from '../../data/labels.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/** The number of examples that are read if the labels are not known without reading the inputs. */
const READ = 2000;

/** Checks whether all classes have about the same number of examples. */
export async function labelBalance(context: DiagnosticContext): Promise<Diagnostic> {
  const { data } = context;
  const labels = await labelsOf(data, data.labels ? undefined : sample(context, READ, 0));
  const counts = countClasses(labels, data.classes);
  const name = 'label balance';
  if (data.classes === 1) {
    const only = data.classNames === undefined ? '' : `, ${JSON.stringify(data.classNames[0])}`;
    return judge(
      name,
      'bad',
      `only one class${only}`,
      'There is nothing to tell apart, so only the scale of the data is checked too: check how the labels are read.',
    );
  }
  const present = counts.filter((count) => count > 0).length;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const share = (count: number) => `${brief((100 * count) / labels.length)} %`;
  const severity = present < 2 ? 'bad' : least === 0 || most > 3 * least ? 'warning' : 'good';
  const finding = `${present} of ${data.classes} classes; the rarest ${share(least)}, the commonest ${share(most)} of the examples`;
  const advice =
    present < 2
      ? 'There is only one class to learn: check how the labels are read.'
      : 'Shuffle before you split, and judge by the confusion matrix; the error rate favours the common classes.';
  return judge(name, severity, finding, advice);
}
