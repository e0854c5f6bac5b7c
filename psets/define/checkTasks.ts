import { InputError, show } from '../../lib/errors.ts';
import { isList } from '../../lib/isList.ts';
import type { Parameter, Pset, Task } from '../grader/pset.ts';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * Checks the descriptions of the functions, from which the handout is made.
 *
 * Errors: no task; two tasks or parameters with the same name; a name that no function can have; a
 *         description that is missing or has several lines; points that are not above 0; a gradient
 *         of a function or argument that does not exist.
 */
export function checkTasks({ name: set, tasks }: Pick<Pset, 'name' | 'tasks'>): void {
  if (!isList(tasks) || tasks.length === 0)
    throw new InputError(`${set}: tasks: expected at least one function, got ${show(tasks)}`);
  for (const [k, task] of tasks.entries()) {
    const place = `${set}: tasks[${k}]`;
    checkNames(`${place}.name`, [task]);
    checkNames(`${set}: ${task.name}.parameters`, task.parameters);
    if (tasks.findIndex(({ name }) => name === task.name) < k)
      throw new InputError(`${place}.name: expected another name, got ${show(task.name)} again`);
    checkLine(`${set}: ${task.name}.doc`, task.doc);
    checkTyped(`${set}: ${task.name}.returns`, task.returns);
    for (const one of task.parameters) checkTyped(`${set}: ${task.name}: ${one.name}`, one);
    if (!(Number.isFinite(task.points) && task.points > 0)) {
      throw new InputError(
        `${set}: ${task.name}.points: expected a number above 0, got ${show(task.points)}`,
      );
    }
  }
  for (const task of tasks) checkGradientOf(set, task, tasks);
}

function checkNames(place: string, named: readonly { readonly name: string }[]): void {
  if (!isList(named) || named.length === 0)
    throw new InputError(`${place}: expected at least one parameter, got ${show(named)}`);
  const names = named.map(({ name }) => name);
  for (const [k, name] of names.entries()) {
    if (typeof name !== 'string' || !IDENTIFIER.test(name)) {
      throw new InputError(`${place}: expected a name such as gradOutput, got ${show(name)}`);
    }
    if (names.indexOf(name) < k)
      throw new InputError(`${place}: expected each name once, got ${show(name)} again`);
  }
}

/** The descriptions become lines of a comment in the handout. */
function checkLine(place: string, text: string): void {
  if (typeof text === 'string' && text.trim() !== '' && !/[\r\n]|\*\//.test(text)) return;
  throw new InputError(`${place}: expected a description on one line, got ${show(text)}`);
}

function checkTyped(place: string, described: Omit<Parameter, 'name'> | undefined): void {
  checkLine(`${place}.type`, described?.type ?? '');
  checkLine(`${place}.doc`, described?.doc ?? '');
}

function checkGradientOf(set: string, task: Task, tasks: readonly Task[]): void {
  if (task.gradientOf === undefined) return;
  const place = `${set}: ${task.name}.gradientOf`;
  const others = tasks.filter((one) => one !== task && one.gradientOf === undefined);
  const of = others.find(({ name }) => name === task.gradientOf?.task);
  if (of === undefined) {
    throw new InputError(
      `${place}.task: expected a function that is no gradient: ${namesOf(others)}, got ${show(task.gradientOf.task)}`,
    );
  }
  const { argument, cost = false } = task.gradientOf;
  if (!of.parameters.some(({ name }) => name === argument)) {
    throw new InputError(
      `${place}.argument: expected a parameter of ${of.name}: ${namesOf(of.parameters)}, got ${show(argument)}`,
    );
  }
  const [first] = task.parameters;
  if (!cost && of.parameters.some(({ name }) => name === first.name)) {
    throw new InputError(
      `${set}: ${task.name}.parameters: expected the gradient of the output first, because ${of.name} is no cost, got ${first.name}`,
    );
  }
}

function namesOf(named: readonly { readonly name: string }[]): string {
  return named.map(({ name }) => name).join(', ') || 'there is none';
}
