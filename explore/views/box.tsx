import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { effect, signal, untracked } from '@preact/signals';
import { messageOf } from '../../lib/errors.ts';
import { exampleOf, GROUPS } from '../engine/boxes.ts';
import type { RemoteEngine } from '../engine/messages.ts';
import { MISTAKES, type Mistake } from '../engine/mistakes.ts';
import { docOf } from '../docs.ts';
import { setState, state, visit } from '../router.ts';
import { Session } from '../session.ts';
import { Chain } from '../ui/boxFigure.tsx';
import { Choice } from '../ui/choice.tsx';
import { Prose } from '../ui/equation.tsx';
import { Stage } from '../ui/stage.tsx';
import { TextField } from '../ui/textField.tsx';
import { About, DocText, sentencesOf } from './box/about.tsx';
import { editsText, shapesOf, shapesText, subjectOf } from './box/address.ts';
import { CallForm } from './box/form.tsx';
import { keptEdits, type Change } from './box/keptEdits.ts';
import { latest } from './box/latest.ts';
import { VerdictView, type VerdictState } from './box/verdict.tsx';

/**
 * The view of one box or cost: its arguments, an input of the reader's own, and the three arrows.
 */
export function BoxView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const { session, verdict, mistakes, dropped, start } = useMemo(() => boxState(engine), [engine]);
  useEffect(() => {
    const stop = start();
    return () => {
      stop();
      void session.close();
    };
  }, [session, start]);
  const subject = subjectOf(state.value);
  const { name } = subject;
  const example = exampleOf(name);
  const snapshot = session.snapshot.value;
  const shapesName = (subject.shapes?.length ?? 1) > 1 ? 'shapes of x_in' : 'shape of x_in';
  const change = (changes: Parameters<typeof setState>[0], what: Change) => {
    const kept = keptEdits(subject.edits ?? [], what);
    dropped.value = kept.dropped;
    setState({ ...changes, edits: kept.edits });
  };
  return (
    <>
      <div class="lead box-lead">
        <h1>
          <label>
            <span class="sr-only">box</span>
            <BoxSelect name={name} />
          </label>
        </h1>
        <p>
          <DocText text={sentencesOf(docOf(name)?.summary ?? '')[0] ?? ''} />
        </p>
      </div>
      <div class="toolbar form" role="group" aria-label={`arguments of ${name}`}>
        {subject.call && (
          <CallForm
            name={name}
            call={subject.call}
            onCall={({ args, options }) => {
              const sameArgs = JSON.stringify(args) === JSON.stringify(subject.call?.args);
              change(
                { args: JSON.stringify(args), options: JSON.stringify(options) },
                { kind: sameArgs ? 'options' : 'args' },
              );
            }}
          />
        )}
        <TextField
          label={<Prose text={shapesName} />}
          name={shapesName}
          text={shapesText(subject.shapes ?? [])
            .replaceAll(',', ', ')
            .replaceAll(';', '; ')}
          required
          isWide
          onText={(text) => {
            const to = shapesOf(text);
            change(
              { shape: shapesText(to) || undefined },
              { kind: 'shapes', from: subject.shapes ?? [], to },
            );
          }}
        />
        {example?.modes && (
          <Choice
            label="mode"
            value={subject.training ? 'training' : 'inference'}
            choices={['inference', 'training']}
            onChoice={(mode) => setState({ mode: mode === 'training' ? undefined : mode })}
          />
        )}
        <Choice
          label="break it"
          value={subject.mistake ?? ''}
          choices={[
            ['', 'not broken'],
            ...choicesOf(mistakes.value, subject.mistake).map(
              (key) => [key, MISTAKES[key]] as const,
            ),
          ]}
          onChoice={(mistake) => setState({ break: mistake || undefined })}
        />
        <button type="button" onClick={() => reset(name)}>
          Start again
        </button>
      </div>
      {dropped.value > 0 && (
        <p class="hint" role="status">
          {dropped.value} of your numbers had no place in the new shapes; the example&apos;s are
          there again.
        </p>
      )}
      <Stage session={session} kind="box-stage">
        {snapshot && <Chain session={session} snapshot={snapshot} gradEditable={!snapshot.cost} />}
      </Stage>
      {!session.isStale.value && <VerdictView verdict={verdict.value} />}
      <About name={name} />
    </>
  );
}

/** The session of the view. It opens what the address names, and writes changed numbers into it. */
function boxState(engine: RemoteEngine) {
  const session = new Session(engine, 'box');
  const verdict = signal<VerdictState>('checking');
  const mistakes = signal<readonly Mistake[]>([]);
  /** The number of changed numbers that the last change of the form has dropped. */
  const dropped = signal(0);
  const showVerdict = latest<VerdictState>((next) => (verdict.value = next ?? 'checking'));
  const showMistakes = latest<readonly Mistake[]>(
    (next) => (mistakes.value = next ?? mistakes.value),
  );
  let opened = '';
  const start = () => {
    opened = '';
    const stops = [
      effect(() => {
        const subject = subjectOf(state.value);
        const key = JSON.stringify(subject);
        if (key === opened) return;
        opened = key;
        untracked(() => void open());
        async function open() {
          const { value: selected } = session.selected;
          const same = session.snapshot.value?.boxes[0]?.name === subject.name;
          await session.open(subject);
          if (session.error.value === undefined && same) await session.select(selected);
          await showMistakes(engine.mistakes(subject).catch(() => []));
        }
      }),
      effect(() => {
        const edits = editsText(session.edits.value);
        untracked(() => {
          if (edits === (state.value.get('edits') ?? undefined)) return;
          opened = JSON.stringify(subjectOf(withEdits(state.value, edits)));
          setState({ edits });
        });
      }),
      effect(() => {
        if (session.snapshot.value === undefined) return;
        void showVerdict(
          engine.verdict('box').catch((error: unknown) => ({ problem: messageOf(error) })),
        );
      }),
    ];
    return () => stops.forEach((stop) => stop());
  };
  return { session, verdict, mistakes, dropped, start };
}

function withEdits(state: URLSearchParams, edits: string | undefined): URLSearchParams {
  const next = new URLSearchParams(state);
  if (edits === undefined) next.delete('edits');
  else next.set('edits', edits);
  return next;
}

/** Goes to a box with the arguments of its example. */
function reset(name: string): void {
  const cleared = Object.fromEntries([...state.value.keys()].map((key) => [key, undefined]));
  setState({ ...cleared, name });
}

function BoxSelect({ name }: { readonly name: string }) {
  return (
    <select
      value={name}
      onChange={({ currentTarget }) => visit('box', { name: currentTarget.value })}
    >
      {GROUPS.map(({ title, boxes }) => (
        <optgroup key={title} label={title}>
          {Object.keys(boxes).map((box) => (
            <option key={box}>{box}</option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}

/** The mistakes to choose from. The mistake of the address is one even before the list is known. */
function choicesOf(known: readonly Mistake[], chosen: Mistake | undefined): readonly Mistake[] {
  return chosen === undefined || known.includes(chosen) ? known : [chosen, ...known];
}
