import { withBackend } from '../../index.ts';
import { Engine } from '../../explore/engine/engine.ts';
import type { Mistake } from '../../explore/engine/mistakes.ts';

/** The messages of the gradient checker on a box with a mistake. */
export function messagesOf(engine: Engine, name: string, mistake: Mistake): string {
  engine.open('box', { kind: 'box', name, mistake });
  const verdict = engine.verdict('box');
  return verdict.flatMap(({ message }) => message ?? []).join('\n');
}

/** Tests that the checker explains each mistake that can be built into these boxes. */
export function describeMistakes(names: readonly string[]): void {
  test.each(names)('%s: each mistake has its explanation, and the facts are not blamed', (name) =>
    withBackend('float64', () => {
      const engine = new Engine();
      for (const mistake of engine.mistakes({ kind: 'box', name })) {
        const lines = messagesOf(engine, name, mistake).split('\n');
        expect([mistake, lines[0]]).toEqual([mistake, expect.stringContaining('looks like this')]);
        expect([mistake, ...lines.filter((line) => /facts|\(the batch\)/.test(line))]).toEqual([
          mistake,
        ]);
      }
    }),
  );
}
