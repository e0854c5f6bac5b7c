import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { setState } from '../../router.ts';
import { NumberField } from '../../ui/numberField.tsx';
import { address, RULES } from './address.ts';
import type { Lab } from './lab.ts';

/** Starts and stops the training, and sets its rate, batch size and seed. */
export function Controls({ lab }: { readonly lab: Lab }): JSX.Element {
  const { mode } = lab;
  const { seed, rate, batch } = address();
  const file = useRef<HTMLInputElement>(null);
  const runs = mode.value === 'running' || mode.value === 'slow';
  const loading = mode.value === 'loading';
  const change = (key: 'rate' | 'batch', value: number) => {
    setState({ [key]: String(value) });
    const next = address();
    void lab.set({ learningRate: next.rate, batchSize: next.batch });
  };
  const begin = (from: number) => void lab.restart(from, { learningRate: rate, batchSize: batch });
  return (
    <div class="toolbar" role="group" aria-label="training">
      <button
        type="button"
        class="primary start"
        disabled={loading}
        onClick={() => void (runs ? lab.pause() : lab.start())}
      >
        {runs ? 'Pause' : 'Train'}
      </button>
      <button type="button" disabled={loading} onClick={() => void lab.oneStep()}>
        One step
      </button>
      <button
        type="button"
        disabled={loading}
        aria-pressed={mode.value === 'slow'}
        onClick={() => void (mode.value === 'slow' ? lab.pause() : lab.slowMotion())}
      >
        Slow motion
      </button>
      <NumberField
        label="learning rate"
        step={0.01}
        value={rate}
        rule={RULES.rate}
        onValue={(value) => change('rate', value)}
      />
      <NumberField
        label="batch"
        value={batch}
        rule={RULES.batch}
        onValue={(value) => change('batch', value)}
      />
      <NumberField
        label="seed"
        value={seed}
        rule={RULES.seed}
        onValue={(value) => {
          setState({ seed: String(value) });
          begin(value);
        }}
      />
      <button type="button" disabled={loading} onClick={() => begin(seed)}>
        Start again
      </button>
      <button type="button" disabled={loading} onClick={() => file.current?.click()}>
        Own weights
      </button>
      <input
        ref={file}
        hidden
        type="file"
        accept=".safetensors,.pth,.pt"
        aria-label="weights of a LeNet, a file of safetensors or PyTorch"
        onChange={({ currentTarget }) => {
          const [chosen] = currentTarget.files ?? [];
          if (chosen) void lab.loadWeights(chosen);
          currentTarget.value = '';
        }}
      />
    </div>
  );
}
