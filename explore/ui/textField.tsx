import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface Props {
  readonly label: ComponentChildren;
  /** The label in plain words. The message about an empty field contains it. */
  readonly name: string;
  /** The text in use. */
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Whether an empty field is refused. */
  readonly required: boolean;
  readonly isNumber?: boolean;
  readonly isWide?: boolean;
  /** A longer text, which appears over the field. */
  readonly title?: string;
}

/** A field for a text. One that is required and was emptied stays empty, with a message below. */
export function TextField(props: Props): JSX.Element {
  const { label, name, text, onText, required, isNumber = false, isWide = false, title } = props;
  const [isMissing, setMissing] = useState(false);
  useEffect(() => setMissing(false), [text]);
  return (
    <label title={title}>
      <span>{label}</span>
      <input
        type="text"
        inputMode={isNumber ? 'decimal' : 'text'}
        class={isWide ? 'wide' : ''}
        value={isMissing ? '' : text}
        placeholder={required ? '' : 'default'}
        aria-invalid={isMissing}
        onChange={({ currentTarget: { value: typed } }) => {
          const missing = required && typed.trim() === '';
          setMissing(missing);
          if (!missing) onText(typed);
        }}
      />
      {isMissing && (
        <span class="problem" role="alert">
          {name}: expected a value, got nothing; {text} is used
        </span>
      )}
    </label>
  );
}
