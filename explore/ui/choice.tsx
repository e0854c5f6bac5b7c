import type { JSX } from 'preact';

interface Props {
  readonly label: string;
  readonly value: string;
  /** The values, or pairs of a value and the words that the reader sees for it. */
  readonly choices: readonly (string | readonly [value: string, words: string])[];
  readonly onChoice: (value: string) => void;
  /** A longer text, which appears over the choice. */
  readonly title?: string;
}

/** One of a few values, with a label. */
export function Choice({ label, value, choices, onChoice, title }: Props): JSX.Element {
  return (
    <label title={title}>
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChoice(currentTarget.value)}>
        {choices.map((choice) => {
          const [one, words] = typeof choice === 'string' ? [choice, choice] : choice;
          return (
            <option key={one} value={one}>
              {words}
            </option>
          );
        })}
      </select>
    </label>
  );
}
