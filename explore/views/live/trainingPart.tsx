import type { JSX } from 'preact';
import { format } from '../../ui/format.ts';
import type { Lab } from './lab.ts';
import { Layers } from './layers.tsx';
import { Plot } from './plot.tsx';

/** The curves of the training, and the sizes of weights, gradients and updates. */
export function TrainingPart({ lab }: { readonly lab: Lab }): JSX.Element {
  const { losses, epochs } = lab.curves.value;
  const last = epochs.at(-1);
  const x = epochs.map(({ step }) => step);
  const percent = (share: number | undefined) =>
    share === undefined ? '–' : `${(100 * share).toFixed(1)} %`;
  const loss = losses.y.at(-1);
  return (
    <div class="training">
      <Status lab={lab} />
      <div class="plots">
        <Plot
          title="loss"
          empty="Each step adds a point."
          log
          series={[
            { name: 'each batch', colour: '--forward', ...losses },
            {
              name: 'test digits',
              colour: '--backward',
              dots: true,
              x,
              y: epochs.map(({ validation }) => validation.loss),
            },
          ]}
          label={
            loss === undefined
              ? 'The loss; no step yet.'
              : `The loss of the last batch is ${format(loss)}, of the test digits ${format(last?.validation.loss ?? NaN)}.`
          }
        />
        <Plot
          title="errors in %"
          empty="The end of each epoch adds a point."
          series={[
            {
              name: 'training digits',
              colour: '--forward',
              dots: true,
              x,
              y: epochs.map(({ train }) => 100 * train.errorRate),
            },
            {
              name: 'test digits',
              colour: '--backward',
              dots: true,
              x,
              y: epochs.map(({ validation }) => 100 * validation.errorRate),
            },
          ]}
          label={`Errors: training digits ${percent(last?.train.errorRate)}, test digits ${percent(last?.validation.errorRate)}.`}
        />
      </div>
      <Layers lab={lab} />
    </div>
  );
}

/** The progress of the training in numbers. */
function Status({ lab }: { readonly lab: Lab }) {
  const { value: progress } = lab.progress;
  const last = lab.curves.value.epochs.at(-1);
  if (lab.mode.value === 'loading') return <p class="status">Loading the digits and wasm</p>;
  const facts: (readonly [string, string])[] = [
    ['steps', lab.step.value.toLocaleString('en')],
    ['epochs', String(last?.epoch ?? 0)],
    ['test errors', last ? `${(100 * last.validation.errorRate).toFixed(1)} %` : '–'],
    ['images per second', progress?.imagesPerSecond?.toFixed(0) ?? '–'],
    ['tensors', progress ? String(progress.tensors) : '–'],
    ['memory', progress ? `${(progress.bytes / 2 ** 20).toFixed(1)} MiB` : '–'],
  ];
  return (
    <dl class="status">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-fact={name}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
