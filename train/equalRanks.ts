import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { constant, newValues } from '../lib/constant.ts';
import { broadcastText, gatherText, GroupError, type Group } from '../lib/group.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { numElements } from '../lib/shapes.ts';
import type { OptimizerState, OptimizerWithState } from '../optim/state.ts';
import type { Optimizer } from './trainStep.ts';

/**
 * Checks that certain values, such as the size of the batch, are the same on all ranks. This is
 * done before the ranks depend on each other.
 *
 * Errors: a value that differs from that of rank 0 (the message names the rank).
 */
export function requireSame(group: Group, facts: Readonly<Record<string, unknown>>): void {
  const all = gatherText(group, JSON.stringify(facts));
  const [first, ...others] = all.map((text) => JSON.parse(text) as Record<string, unknown>);
  others.forEach((other, i) => {
    const name = Object.keys({ ...first, ...other }).find(
      (key) => JSON.stringify(first[key]) !== JSON.stringify(other[key]),
    );
    if (name === undefined) return;
    const [expected, got] = [first[name], other[name]].map((value) =>
      value === undefined ? 'none' : JSON.stringify(value),
    );
    throw new GroupError(
      `rank ${i + 1}: expected the same ${name} as on rank 0, ${expected}, got ${got}`,
    );
  });
}

/**
 * Sets the parameters, the buffers and the state of the optimizer to those of rank 0 on every rank.
 */
export async function broadcastState(
  group: Group,
  network: Pick<Module, 'params' | 'buffers'>,
  optimizer?: Optimizer,
): Promise<void> {
  if (group.size === 1) return;
  for (const variable of variablesOf(network)) {
    const value = await broadcastTensor(group, variable, variable.shape);
    variable.assign(value);
    disposeTensors(value);
  }
  if (optimizer === undefined || !hasState(optimizer)) return;
  const { tensors, scalars } = optimizer.state();
  const shapes = Object.entries(tensors).map(([name, { shape }]) => ({ name, shape }));
  const text = broadcastText(group, JSON.stringify({ shapes, scalars }));
  const from = JSON.parse(text) as {
    readonly shapes: readonly { readonly name: string; readonly shape: number[] }[];
    readonly scalars: OptimizerState['scalars'];
  };
  const received: Record<string, Tensor> = {};
  for (const { name, shape } of from.shapes)
    received[name] = await broadcastTensor(group, tensors[name], shape);
  if (group.rank !== 0) optimizer.restore({ tensors: received, scalars: from.scalars });
  disposeTensors(received);
}

/**
 * Returns whether all ranks have the same parameters and buffers, bit for bit. Different kinds of
 * processors may round differently, so the parameters can slowly diverge within an epoch.
 */
export async function areEqual(group: Group, network: Pick<Module, 'params' | 'buffers'>) {
  let hash = 0x811c9dc5;
  for (const variable of variablesOf(network)) {
    for (const word of wordsOf(await variable.data<'float32'>()))
      hash = Math.imul(hash ^ word, 0x01000193);
  }
  const extremes = Float64Array.of(hash, -hash);
  group.max(extremes);
  return extremes[0] === -extremes[1];
}

function variablesOf({ params, buffers }: Pick<Module, 'params' | 'buffers'>): Set<Variable> {
  return new Set([...Object.values(params), ...Object.values(buffers)]);
}

/** @param tensor the tensor of rank 0. The other ranks may have none. */
async function broadcastTensor(
  group: Group,
  tensor: Tensor | undefined,
  shape: readonly number[],
): Promise<Tensor> {
  const own = tensor === undefined ? undefined : await tensor.data<'float32'>();
  const values =
    group.rank === 0 && own !== undefined ? own.slice() : newValues(numElements(shape));
  group.broadcast(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return tidy(() => constant(values, [...shape] as [number]));
}

function hasState(optimizer: Optimizer): optimizer is OptimizerWithState {
  return 'state' in optimizer && 'restore' in optimizer;
}

function wordsOf({ buffer, byteOffset, byteLength }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
