import type { JSX } from 'preact';
import { docs } from '../../docs.ts';
import { Equation } from '../../ui/equation.tsx';

const ARROWS = [
  ['forward', 'forward'],
  ['backpropToInput', 'backprop to the input'],
  ['backpropToParams', 'backprop to the parameters'],
] as const;

/** The docstring of a box: its equations, notes, shapes and source. */
export function About({ name }: { readonly name: string }): JSX.Element | null {
  const doc = docs[name];
  if (doc === undefined) return null;
  return (
    <section class="about" aria-label={`about ${name}`}>
      <dl>
        {ARROWS.map(
          ([arrow, words]) =>
            doc.equations[arrow] && (
              <div key={arrow} class={arrow}>
                <dt>{words}</dt>
                <dd>
                  {doc.equations[arrow].map((line) => (
                    <div key={line}>
                      <Equation text={line} />
                    </div>
                  ))}
                </dd>
              </div>
            ),
        )}
        {doc.shapes && (
          <div>
            <dt>shapes</dt>
            <dd>
              <Prose text={doc.shapes} />
            </dd>
          </div>
        )}
        {doc.source && (
          <div>
            <dt>source</dt>
            <dd>
              <Prose text={doc.source} />
            </dd>
          </div>
        )}
      </dl>
      <p>
        <Prose text={[...sentencesOf(doc.summary).slice(1), doc.notes].join(' ')} /> The box is in{' '}
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

/** Prose of a docstring, with code between backticks. */
export function Prose({ text }: { readonly text: string }) {
  return (
    <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
  );
}
