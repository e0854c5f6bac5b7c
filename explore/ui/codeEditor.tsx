import type { JSX, TargetedKeyboardEvent } from 'preact';
import { useRef } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** This function is called at Ctrl+Enter. */
  readonly onRun: () => void;
}

/**
 * A field for code. Enter keeps the indentation. Tab indents while the reader types; otherwise, and
 * after Escape, it moves on, so that the keyboard is not trapped.
 */
export function CodeEditor({ label, value, onInput, onRun }: Props): JSX.Element {
  const isTyping = useRef(false);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    const { currentTarget: field, key, shiftKey } = event;
    const before = field.value.slice(0, field.selectionStart);
    const [indent] = /^[ \t]*/.exec(before.slice(before.lastIndexOf('\n') + 1)) ?? [''];
    const insert = (text: string) => {
      event.preventDefault();
      // Unlike setRangeText, it can be undone.
      document.execCommand('insertText', false, text);
    };
    if (key === 'Escape') isTyping.current = false;
    else if (key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onRun();
    } else if (key === 'Enter') insert(`\n${indent}${before.trimEnd().endsWith('{') ? '  ' : ''}`);
    else if (key === 'Tab' && !shiftKey && isTyping.current) insert('  ');
    else if (key === 'Tab' && shiftKey && isTyping.current && indent.length > 0) {
      const start = before.length - (before.length - before.lastIndexOf('\n') - 1);
      const { selectionStart } = field;
      field.setSelectionRange(start, start + Math.min(2, indent.length));
      event.preventDefault();
      document.execCommand('delete');
      const moved = Math.max(start, selectionStart - Math.min(2, indent.length));
      field.setSelectionRange(moved, moved);
    }
  };
  return (
    <textarea
      class="code"
      aria-label={label}
      spellcheck={false}
      autocomplete="off"
      autocapitalize="off"
      rows={Math.max(16, value.split('\n').length + 1)}
      value={value}
      onInput={({ currentTarget }) => {
        isTyping.current = true;
        onInput(currentTarget.value);
      }}
      onBlur={() => (isTyping.current = false)}
      onKeyDown={onKeyDown}
    />
  );
}
