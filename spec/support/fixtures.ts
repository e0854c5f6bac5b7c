import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend, type BackendName } from '../../lib/backend/useBackend.ts';
import type { Cost } from '../../lib/cost.ts';
import { constant } from '../../lib/constant.ts';
import { disposeTensors } from '../../lib/memory.ts';
import type { Grads, Module } from '../../lib/module.ts';
import { expectAllClose, expectNoLeak, type Packed } from './compare.ts';

/**
 * The backends on which every box is compared with PyTorch. `npm run test:tensorflow` sets another
 * one.
 */
export const BACKENDS: readonly BackendName[] = (process.env.BOXPROP_BACKENDS?.split(',') as
  BackendName[] | undefined) ?? ['cpu', 'wasm'];

interface Named {
  readonly name: string;
}

interface BoxCase<Args> extends Named {
  readonly args: Args;
  readonly input: Packed;
  readonly params: Readonly<Record<string, Packed>>;
  readonly gradOutput: Packed;
  readonly output: Packed;
  readonly gradInput: Packed;
  readonly gradParams: Readonly<Record<string, Packed>>;
}

interface CostCase<Args> extends Named {
  readonly args: Args;
  readonly input: Packed;
  readonly target: Packed;
  readonly loss: Packed;
  readonly gradInput: Packed;
}

export interface OptimizerCase<Options> extends Named {
  readonly args: readonly [Options];
  readonly params: Readonly<Record<string, Packed>>;
  readonly grads: readonly Readonly<Record<string, Packed>>[];
  readonly after: Readonly<Record<string, Readonly<Record<string, Packed>>>>;
}

/** The cases of `spec/fixtures/<file>.json`. make_fixtures.py documents their format. */
export function loadFixture<Case>(file: string): Case[] {
  const text = readFileSync(new URL(`../fixtures/${file}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as { cases: Case[] }).cases;
}

export function tensorOf({ shape, values, dtype }: Packed): tf.Tensor {
  return dtype === 'int32'
    ? tf.tensor([...values], [...shape], dtype)
    : constant(values, [...shape] as never);
}

/** Compares a box with PyTorch: the output and all gradients of every case, on every backend. */
export function describeFixture<
  Args extends unknown[],
  In extends tf.Tensor,
  Out extends tf.Tensor,
  Cache,
>(file: string, make: (...args: Args) => Module<In, Out, Cache>): void {
  const cases = loadFixture<BoxCase<Args>>(file);
  eachBackend('computes what PyTorch computes', () => {
    test.each(cases)('$name', (expected) => {
      expectNoLeak(() => {
        const box = make(...expected.args);
        expect(Object.keys(box.params)).toEqual(Object.keys(expected.params));
        for (const [name, param] of Object.entries(box.params)) {
          tf.tidy(() => param.assign(tensorOf(expected.params[name])));
        }
        const input = tensorOf(expected.input) as In;
        const gradOutput = tensorOf(expected.gradOutput) as Out;
        const { output, cache } = box.forward(input);
        expectAllClose(output, expected.output, 'output');
        const alone = box.backpropToInput(gradOutput, cache);
        expectAllClose(alone, expected.gradInput, 'gradInput');
        const paramsAlone = box.backpropToParams(gradOutput, cache);
        expectGrads(paramsAlone, expected.gradParams);
        const both = box.backprop(gradOutput, cache);
        expectAllClose(both.gradInput, expected.gradInput, 'gradInput of backprop');
        expectGrads(both.gradParams, expected.gradParams);
        disposeTensors([
          input,
          gradOutput,
          output,
          alone,
          paramsAlone,
          both.gradInput,
          both.gradParams,
        ]);
        disposeTensors(cache);
        box.dispose();
      });
    });
  });
}

/** Compares a cost with PyTorch: the loss and the gradient of every case, on every backend. */
export function describeCostFixture<Args extends unknown[], Target extends tf.Tensor, Cache>(
  file: string,
  make: (...args: Args) => Cost<tf.Tensor2D, Target, Cache> | Cost<tf.Tensor, Target, Cache>,
): void {
  const cases = loadFixture<CostCase<Args>>(file);
  eachBackend('computes what PyTorch computes', () => {
    test.each(cases)('$name', (expected) => {
      expectNoLeak(() => {
        const cost = make(...expected.args) as Cost<tf.Tensor, Target, Cache>;
        const input = tensorOf(expected.input);
        const target = tensorOf(expected.target) as Target;
        const { loss, cache } = cost.forward(input, target);
        expectAllClose(loss, expected.loss, 'loss');
        const gradInput = cost.backpropToInput(cache);
        expectAllClose(gradInput, expected.gradInput, 'gradInput');
        disposeTensors([input, target, loss, cache, gradInput]);
      });
    });
  });
}

/** Runs the same tests on every backend. */
export function eachBackend(title: string, tests: (backend: BackendName) => void): void {
  describe.each(BACKENDS)(`${title}: %s`, (backend) => {
    beforeAll(() => useBackend(backend));
    tests(backend);
  });
}

function expectGrads(actual: Grads, expected: Readonly<Record<string, Packed>>): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, grad] of Object.entries(actual)) expectAllClose(grad, expected[name], name);
}
