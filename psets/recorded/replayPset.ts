import { isObject } from '../../lib/isObject.ts';
import type { Derivation, Trace } from '../grader/derivation.ts';
import type { Pset } from '../grader/pset.ts';
import { callKey } from './callKey.ts';
import type { Calls, Recording } from './recording.ts';

/**
 * Makes a problem set from a recording. Its functions return the recorded values. For arguments
 * that were not recorded, the reference and `draw` throw, and all other functions return NaN, which
 * agrees with no value of a student. So a mistake is never named wrongly for lack of a value.
 *
 *     const pset = replayPset(recording);
 *     const report = await checkPset(pset, student, new Rng(recording.seed));
 */
export function replayPset({ seed, pset, functions, uses }: Recording): Pset {
  const restore = (part: unknown, path: string): unknown => {
    if (Array.isArray(part)) return part.map((item, k) => restore(item, `${path}/${k}`));
    if (!isObject(part)) return part;
    if (typeof part.call === 'number') return replay(path, functions[part.call]);
    const entries = Object.entries(part);
    return Object.fromEntries(entries.map(([key, item]) => [key, restore(item, `${path}/${key}`)]));
  };
  const restored = restore(pset, '');
  if (!isPset(restored)) throw new Error('expected the recording of a problem set');
  return { ...restored, derivations: derivationsOf(restored, uses), recordedSeed: seed };
}

/**
 * Makes derivations that only say which other functions a function uses, so that the grader can
 * name those from whose mistakes a wrong result may follow.
 */
function derivationsOf({ solution }: Pset, uses: Recording['uses']): Record<string, Derivation> {
  return Object.fromEntries(
    Object.entries(uses).map(([task, others]) => {
      const derivation: Derivation = (trace: Trace, ...args: never[]) => {
        for (const other of others) trace.result(other, 0);
        return solution[task](...args);
      };
      return [task, derivation];
    }),
  );
}

function replay(path: string, calls: Calls): (...args: unknown[]) => unknown {
  const needed = path.startsWith('/solution/') || path === '/draw';
  return (...args) => {
    const outcome = calls[callKey(args)];
    if (outcome === undefined) {
      if (needed) throw new Error(`${path}: expected recorded arguments, got others`);
      return NaN;
    }
    if ('error' in outcome) throw new Error(outcome.error);
    // The caller may change the value, and the next call must not see the change.
    return structuredClone(outcome.value);
  };
}

function isPset(value: unknown): value is Pset {
  return isObject(value) && Array.isArray(value.tasks) && typeof value.draw === 'function';
}
