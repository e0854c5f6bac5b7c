import type { JSX } from 'preact';
import type { OptionDoc } from '../../plugins/boxDoc.ts';
import { docOf } from '../../docs.ts';
import type { Argument, BoxCall } from '../../engine/boxes.ts';
import { Choice } from '../../ui/choice.tsx';
import { TextField } from '../../ui/textField.tsx';
import { argumentText, entryOf, isShown, parseArgument } from './fields.ts';

interface FormProps {
  readonly name: string;
  readonly call: BoxCall;
  readonly onCall: (call: BoxCall) => void;
}

/** The arguments of a constructor and its options as a form. */
export function CallForm({ name, call, onCall }: FormProps): JSX.Element {
  const { parameters = [], options = [] } = docOf(name) ?? {};
  const setOption = (option: string, value: Argument | undefined) => {
    const { [option]: _, ...others } = call.options;
    onCall({ ...call, options: value === undefined ? others : { ...others, [option]: value } });
  };
  return (
    <>
      {parameters.map(
        (parameter, i) =>
          isShown(parameter) && (
            <Field
              key={parameter.name}
              doc={parameter}
              value={call.args[i]}
              onValue={(value) => {
                if (value === undefined) return;
                onCall({ ...call, args: call.args.map((arg, k) => (k === i ? value : arg)) });
              }}
            />
          ),
      )}
      {options.filter(isShown).map((option) => (
        <Field
          key={option.name}
          doc={option}
          value={call.options[option.name]}
          onValue={(value) => setOption(option.name, value)}
        />
      ))}
    </>
  );
}

interface FieldProps {
  readonly doc: OptionDoc;
  readonly value: Argument | undefined;
  readonly onValue: (value: Argument | undefined) => void;
}

function Field({ doc, value, onValue }: FieldProps) {
  const entry = entryOf(doc);
  const text = argumentText(value);
  if (entry.kind === 'tick') {
    const checked = value === undefined ? entry.byDefault : value === true;
    return (
      <label class="tick" title={doc.doc}>
        <span>{doc.name}</span>
        <input
          type="checkbox"
          checked={checked}
          onChange={({ currentTarget }) => {
            const next = currentTarget.checked;
            onValue(next === entry.byDefault ? undefined : next);
          }}
        />
      </label>
    );
  }
  if (entry.kind === 'choice') {
    const own = typeof value === 'object' ? JSON.stringify(value).replaceAll(',', ', ') : text;
    const isKnown = own === '' || entry.choices.includes(own);
    const choices = isKnown ? entry.choices : [...entry.choices, own];
    return (
      <Choice
        label={doc.name}
        title={doc.doc}
        value={own}
        choices={doc.required ? choices : [['', 'default'], ...choices]}
        onChoice={(choice) => onValue(parseArgument(choice))}
      />
    );
  }
  return (
    <TextField
      label={doc.name}
      name={doc.name}
      title={doc.doc}
      text={text}
      required={doc.required}
      isNumber={doc.type === 'number'}
      isWide={text.length > 9}
      onText={(typed) => onValue(parseArgument(typed))}
    />
  );
}
