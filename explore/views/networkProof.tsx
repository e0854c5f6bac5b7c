import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Result } from '../../gradcheck/result.ts';
import { messageOf } from '../../lib/errors.ts';
import type { RemoteEngine } from '../engine/messages.ts';
import { thousands } from '../ui/format.ts';

interface Props {
  readonly engine: RemoteEngine;
  readonly name: string;
}

/** A button that checks the gradients of a network as `boxprop gradcheck` does, and the result. */
export function NetworkProof({ engine, name }: Props): JSX.Element {
  const [text, setText] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const check = () => {
    setBusy(true);
    setText(undefined);
    engine
      .checkNetwork(name)
      .then(
        (results) => setText(wordsFor(results)),
        (problem: unknown) => setText(messageOf(problem)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <div class="toolbar">
      <button type="button" disabled={busy} onClick={check}>
        Check the gradients
      </button>
      <span class="hint" role="status">
        {busy ? 'Comparing with finite differences in double precision…' : text}
      </span>
    </div>
  );
}

/** Says how many derivatives agree, or names the boxes whose gradients are wrong. */
function wordsFor(results: readonly Result[]): string {
  const wrong = new Set(results.filter(({ pass }) => !pass).map(({ name }) => name));
  const boxes = new Set(results.map(({ config }) => config)).size - 1;
  if (wrong.size > 0) return `Wrong gradients: ${[...wrong].join(', ')}.`;
  const checked = results
    .filter(({ tensor }) => tensor !== 'output')
    .reduce((sum, result) => sum + result.checked, 0);
  return `${thousands(checked)} derivatives of ${boxes} boxes and of the whole network agree.`;
}
