import { Rng } from '../../lib/rng.ts';
import { checkPset } from '../grader/check.ts';
import { applied, argumentsOf, type Args, type Pset } from '../grader/pset.ts';
import { referenceOf } from '../grader/reference.ts';
import { stepsOf } from '../grader/diagnosis/derived.ts';
import { probesOf } from '../grader/diagnosis/probe.ts';
import { LocalStudent } from './localStudent.ts';
import { Recorder } from './recorder.ts';
import type { Recording } from './recording.ts';

/**
 * Records a problem set: the cases of one seed, and the values of the reference and of all known
 * mistakes for them. The functions themselves are not in the recording, and neither are the
 * derivations, which are solutions in steps. The recorded calls are those of all functions for all
 * cases, and of the reference with one number changed.
 *
 *     const recording = await recordPset(softmax, 0);
 *     const pset = replayPset(recording);
 */
export async function recordPset(whole: Pset, seed: number): Promise<Recording> {
  const { derivations: _, ...pset } = whole;
  const recorder = new Recorder();
  const data = recorder.describe(pset);
  const recorded = recorder.wrap(pset);
  const cases: Args[] = [];
  const drawing: Pset = {
    ...recorded,
    draw(rng, k) {
      const drawn = recorded.draw(rng, k);
      cases.push(drawn.args);
      return drawn;
    },
  };
  // The right answers need the cases and nothing more. Wrong ones would make the grader try its
  // mistakes on the reference, with thousands of arguments that a student's mistake rarely needs.
  await checkPset(drawing, new LocalStudent(pset.solution), new Rng(seed));
  const all = [...cases, ...(recorded.extremes ?? []).map(({ args }) => args)];
  for (const args of all) callAll(recorded, args);
  const uses = Object.fromEntries(
    pset.tasks.map((task) => [task.name, [...new Set(stepsOf(whole, task, cases[0]).uses)]]),
  );
  return { seed, pset: data, functions: recorder.functions, uses };
}

/** Calls all functions of a problem set with the arguments of one case. */
function callAll(pset: Pset, args: Args): void {
  const { tasks, solution, mistakes, quantities = {}, properties = [] } = pset;
  for (const task of tasks) {
    const own = mistakes.filter((mistake) => mistake.task === task.name);
    for (const solve of [solution[task.name], ...own.map((mistake) => mistake.solve)])
      attempt(() => applied(solve, argumentsOf(task, args)));
    for (const probe of probesOf(task, args)) attempt(() => referenceOf(pset, task, probe.args));
  }
  for (const quantity of Object.values(quantities)) attempt(() => quantity(args));
  for (const { holds } of properties) attempt(() => holds(args));
}

/** Calls a function. A mistake may throw, and the recorder has recorded that. */
function attempt(call: () => unknown): void {
  try {
    call();
  } catch {
    // The error is in the recording.
  }
}
