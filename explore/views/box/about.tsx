import type { JSX } from 'preact';
import { docOf } from '../../docs.ts';
import { ARROWS } from '../../plugins/boxDoc.ts';
import { Prose } from '../../ui/equation.tsx';
import { ARROW_WORDS, Equations } from '../../ui/equations.tsx';

/** The docstring of a box: its equations, notes, shapes and source. */
export function About({ name }: { readonly name: string }): JSX.Element | null {
  const doc = docOf(name);
  if (doc === undefined) return null;
  return (
    <section class="about" aria-label={`about ${name}`}>
      <dl>
        {ARROWS.filter((arrow) => doc.equations[arrow]).map((arrow) => (
          <div key={arrow} class={arrow}>
            <dt>{ARROW_WORDS[arrow]}</dt>
            <dd>
              <Equations box={name} arrow={arrow} />
            </dd>
          </div>
        ))}
        {doc.shapes && (
          <div>
            <dt>shapes</dt>
            <dd>
              <DocText text={doc.shapes} />
            </dd>
          </div>
        )}
        {doc.source && (
          <div>
            <dt>source</dt>
            <dd>
              <DocText text={doc.source} />
            </dd>
          </div>
        )}
      </dl>
      <p>
        <DocText text={[...sentencesOf(doc.summary).slice(1), doc.notes].join(' ')} /> The box is in{' '}
        <code>{doc.file}</code>.
      </p>
    </section>
  );
}

/** The sentences of a docstring, without one that only introduces the equations. */
export function sentencesOf(text: string): readonly string[] {
  const sentences = text.split(/(?<=[.:]) (?=[A-Z])/);
  return sentences.filter((sentence) => !sentence.endsWith(':'));
}

/** A text of a docstring, with code between backticks and stressed words between asterisks. */
export function DocText({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(/(`[^`]*`|\*\w+\*)/).map((part, i) => {
        if (i % 2 === 0) return <Prose key={i} text={part} />;
        const inner = part.slice(1, -1);
        return part.startsWith('`') ? <code key={i}>{inner}</code> : <em key={i}>{inner}</em>;
      })}
    </>
  );
}
