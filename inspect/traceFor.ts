import { InputError, show } from '../lib/errors.ts';
import { PROJECTION_RULES } from '../lib/projectionRule.ts';
import { Trace } from './trace.ts';

/** Makes a trace for a function, whose name is put in front of the errors. */
export function traceFor(where: string, ...args: ConstructorParameters<typeof Trace>): Trace {
  try {
    return new Trace(...args);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${where}: ${error.message}`);
  }
}

/** Throws if a value is not the name of a rule. */
export function checkRule(where: string, rule: string): void {
  if (PROJECTION_RULES.some((known) => known === rule)) return;
  throw new InputError(
    `${where}: expected rule to be one of ${PROJECTION_RULES.join(', ')}, got ${show(rule)}`,
  );
}

/** Throws if an option is not an integer of at least 1. */
export function checkCounts(where: string, counts: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isSafeInteger(value) && Number(value) >= 1) continue;
    throw new InputError(
      `${where}: expected ${name} to be an integer of at least 1, got ${show(value)}`,
    );
  }
}
