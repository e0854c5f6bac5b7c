import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { readNumber, type NumberRule } from './readNumber.ts';

interface Props {
  readonly label: string;
  /** The number in use. */
  readonly value: number;
  readonly rule: NumberRule;
  /** The step of the arrows; 1 by default. */
  readonly step?: number;
  /** The reason why some numbers are refused. The message about such a number contains it. */
  readonly because?: string;
  readonly onValue: (value: number) => void;
}

/** A field for one number. A refused text stays in the field, with the reason beside it. */
export function NumberField(props: Props): JSX.Element {
  const { label, value, rule, step = 1, because, onValue } = props;
  const [refused, setRefused] = useState<{ readonly text: string; readonly problem: string }>();
  useEffect(() => setRefused(undefined), [value]);
  return (
    <label>
      <span>{label}</span>
      <input
        type="number"
        step={step}
        min={rule.least ?? rule.above}
        max={rule.most}
        value={refused?.text ?? value}
        aria-invalid={refused !== undefined}
        onChange={({ currentTarget: { value: text } }) => {
          const typed = readNumber(text, rule);
          setRefused('problem' in typed ? { text, problem: typed.problem } : undefined);
          if ('value' in typed && typed.value !== value) onValue(typed.value);
        }}
      />
      {refused && (
        <span class="problem" role="alert">
          {label}: {refused.problem}; {String(value).replace('-', '−')} is used
          {because && `. ${because}`}
        </span>
      )}
    </label>
  );
}
