import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Verdicts } from '../../engine/live/judge.ts';
import type { Judgement } from '../../../report/judgeRun.ts';
import type { Lab } from './lab.ts';
import { Filters } from './filters.tsx';
import { HiddenTable } from './hiddenTable.tsx';

/** Whether the training is good or bad, by the lecture's criteria, as `boxprop report` judges. */
export function VerdictPart({ lab }: { readonly lab: Lab }): JSX.Element {
  const [found, setFound] = useState<Verdicts & { readonly step: number }>();
  const [busy, setBusy] = useState(false);
  const judge = async () => {
    setBusy(true);
    await lab.showingErrors(async () => {
      const { value: step } = lab.step;
      setFound({ ...(await lab.network.judge()), step });
    });
    setBusy(false);
  };
  return (
    <div class="verdicts">
      <div class="toolbar">
        <button
          type="button"
          class="primary"
          disabled={busy || lab.mode.value === 'loading'}
          onClick={() => void judge()}
        >
          {found ? 'Judge again' : 'Judge it'}
        </button>
        <span class="hint" aria-live="polite">
          {busy
            ? 'Fitting Gabor functions to the filters; the training waits.'
            : found && `After ${found.step.toLocaleString('en')} steps.`}
        </span>
      </div>
      {found === undefined ? (
        <p class="hint">
          In good training the loss falls, the filters become smooth and differ, and each hidden
          unit answers to few examples. In bad training the loss stays or grows, units ignore the
          input, or many say the same. Filters alone prove little: those of a training that diverged
          may be smooth as well. Train with a rate of 0.1, then with 1, and compare.
        </p>
      ) : (
        <>
          <Verdict title="The curves" judgement={found.run} />
          {found.filters && <Filters filters={found.filters} />}
          {found.hidden.map((one) => (
            <section key={one.box}>
              <Verdict title={`The hidden units of ${one.box}`} judgement={one} />
              <HiddenTable units={one} />
            </section>
          ))}
        </>
      )}
    </div>
  );
}

const MARKS = { good: '✓', warning: '!', bad: '✗' } as const;

function Verdict({
  title,
  judgement: { verdict, sentence },
}: {
  readonly title: string;
  readonly judgement: Judgement;
}) {
  return (
    <>
      <h2>{title}</h2>
      <p class={`judgement ${verdict}`}>
        <span class="badge">
          <span aria-hidden="true">{MARKS[verdict]}</span> {verdict}
        </span>{' '}
        {sentence}
      </p>
    </>
  );
}
