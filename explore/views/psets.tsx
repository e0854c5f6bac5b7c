import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../../lib/errors.ts';
import { Rng } from '../../lib/rng.ts';
import { checkPset, reportLines } from '../../psets/grader/check.ts';
import { skeletonOf } from '../../psets/grader/handout.ts';
import { psets } from '../../psets/index.ts';
import type { PsetPage } from '../plugins/psetPages.ts';
import { PageStudent } from '../engine/pageStudent.ts';
import { loadPsetPage } from '../psetPages.ts';
import { setState, state } from '../router.ts';
import { keep, kept } from '../storage.ts';
import { Alert } from '../ui/alert.tsx';
import { Choice } from '../ui/choice.tsx';
import { CodeEditor } from '../ui/codeEditor.tsx';

/** The view of a problem set: its statement, an editor, and the verdict of the grader. */
export function PsetsView(): JSX.Element {
  const named = state.value.get('name');
  const pset = psets.find(({ name }) => name === named) ?? psets[0];
  const { name, title } = pset;
  const [page, setPage] = useState<PsetPage | undefined>();
  const [code, setCode] = useState(() => kept(keyOf(name)) ?? skeletonOf(pset, true));
  const [lines, setLines] = useState<readonly string[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  useEffect(() => {
    let current = true;
    setLines([]);
    setCode(kept(keyOf(name)) ?? skeletonOf(pset, true));
    loadPsetPage(name).then(
      (loaded) => current && setPage(loaded),
      (problem: unknown) => current && setError(messageOf(problem)),
    );
    return () => (current = false);
  }, [pset]);
  const edit = (next: string) => {
    setCode(next);
    keep(keyOf(name), next);
  };
  const check = async () => {
    if (isBusy) return;
    setBusy(true);
    setLines([]);
    setError(undefined);
    try {
      setLines(reportLines(await checkPset(pset, new PageStudent(code), new Rng(0))));
    } catch (problem) {
      setError(messageOf(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="lead">
        <h1>{title}</h1>
        <p>
          Write the three arrows yourself. The grader compares them with the reference and with
          finite differences, and says what is wrong.
        </p>
      </div>
      <div class="toolbar">
        <Choice
          label="problem set"
          value={name}
          choices={psets.map((one) => [one.name, one.title])}
          onChoice={(next) => setState({ name: next })}
        />
      </div>
      <Alert text={error} />
      <div class="pset">
        <article>
          {page && <div class="statement" dangerouslySetInnerHTML={{ __html: page.statement }} />}
          {page && (
            <details key={name}>
              <summary>Show the derivation</summary>
              <div class="statement" dangerouslySetInnerHTML={{ __html: page.solution }} />
            </details>
          )}
        </article>
        <section aria-label="your solution">
          <CodeEditor
            label="your solution, in JavaScript"
            value={code}
            onInput={edit}
            onRun={() => void check()}
          />
          <div class="toolbar">
            <button type="button" class="primary" disabled={isBusy} onClick={() => void check()}>
              {isBusy ? 'Checking' : 'Check'}
            </button>
            <button type="button" onClick={() => edit(skeletonOf(pset, true))}>
              Start again
            </button>
            <span class="hint">
              Ctrl+Enter checks. Tab indents while you type; after Escape it moves on.
            </span>
          </div>
          <div class="report" role="status">
            {lines.map((line, i) => (
              <p key={i} class={classOf(line)}>
                {line.trim()}
              </p>
            ))}
          </div>
        </section>
      </div>
    </>
  );
}

function classOf(line: string): string {
  if (line.startsWith(' ')) return 'example';
  return /^(pass|FAIL) /.exec(line)?.[1].toLowerCase() ?? 'points';
}

const keyOf = (name: string) => `boxprop pset ${name}`;
