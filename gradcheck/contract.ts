import { memory } from '@tensorflow/tfjs-core';
import { Cost } from '../lib/cost.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { collect, doubles, leaves, type FlatGradients, type GradcheckTarget } from './target.ts';

/** What is wrong with a quantity, beyond its numbers. */
export interface Violation {
  readonly quantity: string;
  readonly message: string;
}

/**
 * What every box promises whatever it computes: pure and repeatable methods, gradients that are linear in gradOutput,
 * no tensor lost or taken. Returns the promises that are broken.
 */
export function checkContract(
  subject: GradcheckTarget,
  gradOutput: Float64Array,
  rng: Rng,
): Violation[] {
  const once = subject.gradients(gradOutput);
  return [
    ...checkForward(subject),
    ...checkUnchanged(subject, gradOutput),
    ...differing(once, subject.gradients(gradOutput), 'two backward runs differ'),
    ...differing(
      once,
      interleaved(subject, gradOutput, rng),
      'another forward in between changes the gradient',
    ),
    ...(subject.box instanceof Cost ? [] : checkLinear(subject, once, gradOutput, rng)),
    ...(subject.box instanceof Cost ? [] : checkBackprop(subject, once, gradOutput)),
    ...checkMemory(subject, gradOutput),
  ];
}

/** Every quantity has a gradient, of its shape and finite, and nothing else has one. */
export function checkShapes(subject: GradcheckTarget, gradOutput: Float64Array): Violation[] {
  const gradients = subject.gradients(gradOutput);
  const breaches: Violation[] = [];
  for (const { name, shape } of subject.quantities) {
    const got = gradients[name]?.shape;
    if (got === undefined) breaches.push({ quantity: name, message: 'no gradient is returned' });
    else if (got.join() !== shape.join()) {
      const turned = [...shape].reverse().join() === got.join() ? '; looks transposed' : '';
      const message = `expected a gradient of shape [${shape.join(', ')}], got [${got.join(', ')}]${turned}`;
      breaches.push({ quantity: name, message });
    } else if (!gradients[name].values.every(Number.isFinite)) {
      breaches.push({ quantity: name, message: 'the gradient is not finite' });
    }
  }
  for (const name of Object.keys(gradients)) {
    if (!subject.quantities.some((quantity) => quantity.name === name)) {
      breaches.push({
        quantity: name,
        message: 'a gradient is returned for what is no input and no parameter',
      });
    }
  }
  return breaches;
}

function checkForward(subject: GradcheckTarget): Violation[] {
  const [once, again] = [subject.outputs(), subject.outputs()];
  const breaches: Violation[] = [];
  const say = (message: string) => breaches.push({ quantity: 'output', message });
  if (!once.every(Number.isFinite)) say('the output is not finite');
  if (!once.every((value, i) => value === again[i])) say('two forward runs differ');
  tidy(() => {
    const input = subject.input();
    const { output } = subject.forward(input);
    const given = new Set(leaves(input).map(([, tensor]) => tensor));
    if (leaves(output).some(([, tensor]) => given.has(tensor)))
      say('the output is the input itself: return a clone');
    const { box } = subject;
    if (box instanceof Cost || leaves(input).some(([, tensor]) => tensor.isDisposed)) return;
    const inferred = box.infer(input, subject.context);
    if (leaves(inferred).some(([, tensor]) => tensor.isDisposed))
      say('infer gives a disposed tensor');
    else if (!doubles(inferred).every((value, i) => value === once[i]))
      say('infer and forward differ');
  });
  return breaches;
}

/** Inputs, parameters, buffers and gradOutput are read, never written. */
function checkUnchanged(subject: GradcheckTarget, gradOutput: Float64Array): Violation[] {
  return tidy(() => {
    const breaches: Violation[] = [];
    const { box } = subject;
    const input = subject.input();
    const owned = box instanceof Cost ? {} : { ...box.params, ...prefixed('buffer ', box.buffers) };
    const before = { input: doubles(input), owned: doubles(owned) };
    const { output, cache } = subject.forward(input);
    const grad = box instanceof Cost ? output : subject.gradOutput(output, gradOutput);
    const gradBefore = doubles(grad);
    if (box instanceof Cost) box.backpropToInput(cache);
    else {
      const given = new Set(leaves(grad).map(([, tensor]) => tensor));
      if (leaves(box.backpropToInput(grad, cache)).some(([, tensor]) => given.has(tensor))) {
        breaches.push({
          quantity: 'input',
          message: 'the gradient is gradOutput itself: return a clone',
        });
      }
      box.backpropToParams(grad, cache);
    }
    const watch = (what: string, earlier: Float64Array, tensors: typeof input) => {
      if (leaves(tensors).some(([, tensor]) => tensor.isDisposed)) {
        breaches.push({
          quantity: 'output',
          message: `${what} is disposed, which its owner alone may do`,
        });
      } else if (!doubles(tensors).every((value, i) => value === earlier[i])) {
        breaches.push({ quantity: 'output', message: `${what} is modified` });
      }
    };
    watch('the input', before.input, input);
    watch('a parameter or buffer', before.owned, owned);
    watch('gradOutput', gradBefore, grad);
    return breaches;
  });
}

/** The gradient of a first forward, swept back after a second forward at another point. */
function interleaved(subject: GradcheckTarget, gradOutput: Float64Array, rng: Rng): FlatGradients {
  return tidy(() => {
    const first = subject.forward(subject.input());
    subject.elsewhere(
      () => rng.normal(),
      () => subject.forward(subject.input()),
    );
    return subject.backward(first.output, first.cache, gradOutput);
  });
}

/** B(0) = 0 and B(α g + β h) = α B(g) + β B(h). */
function checkLinear(
  subject: GradcheckTarget,
  atG: FlatGradients,
  g: Float64Array,
  rng: Rng,
): Violation[] {
  const zero = subject.gradients(new Float64Array(g.length));
  const breaches = Object.entries(zero)
    .filter(([, { values }]) => values.some((value) => value !== 0))
    .map(([quantity]) => ({
      quantity,
      message: 'a gradOutput of zeros gives a gradient that is not zero',
    }));
  const h = rng.normals(g.length);
  const [alpha, beta] = [0.7, -1.3];
  const atH = subject.gradients(h);
  const mixed = subject.gradients(g.map((value, i) => alpha * value + beta * h[i]));
  const expected: FlatGradients = {};
  for (const [name, { shape, values }] of Object.entries(atG)) {
    expected[name] = {
      shape,
      values: values.map((value, i) => alpha * value + beta * atH[name].values[i]),
    };
  }
  return [
    ...breaches,
    ...differing(expected, mixed, 'the gradient is not linear in gradOutput', 1e-9),
  ];
}

/** `backprop` and `sweep` give what the two methods give. */
function checkBackprop(
  subject: GradcheckTarget,
  expected: FlatGradients,
  gradOutput: Float64Array,
): Violation[] {
  const { box } = subject;
  if (box instanceof Cost) return [];
  return tidy(() => {
    const run = () => {
      const { output, cache } = subject.forward(subject.input());
      return { grad: subject.gradOutput(output, gradOutput), cache };
    };
    const first = run();
    const { gradInput, gradParams } = box.backprop(first.grad, first.cache);
    const second = run();
    const swept = collect({}, box.backpropParams(second.grad, second.cache));
    const ofParams = Object.fromEntries(
      Object.entries(expected).filter(([name]) => name.startsWith('param:')),
    );
    return [
      ...differing(
        expected,
        collect(gradInput, gradParams),
        'backprop differs from the two methods',
        1e-12,
      ),
      ...differing(ofParams, swept, 'sweep differs from backpropToParams', 1e-12),
    ];
  });
}

/** What is disposed by its owner leaves nothing behind. */
function checkMemory(subject: GradcheckTarget, gradOutput: Float64Array): Violation[] {
  const { box } = subject;
  const before = memory().numTensors;
  const input = subject.input();
  const { output, cache } = subject.forward(input);
  if (box instanceof Cost) disposeTensors([input, output, box.backpropToInput(cache), cache]);
  else {
    const grad = subject.gradOutput(output, gradOutput);
    disposeTensors([
      input,
      output,
      grad,
      box.backpropToInput(grad, cache),
      box.backpropToParams(grad, cache),
      cache,
    ]);
    const again = subject.input();
    disposeTensors([again, box.infer(again, subject.context)]);
  }
  const left = memory().numTensors - before;
  if (left === 0) return [];
  const message =
    left > 0
      ? `${left} tensors are left when all that was returned is disposed`
      : 'tensors of others are disposed';
  return [{ quantity: 'output', message }];
}

function differing(
  expected: FlatGradients,
  got: FlatGradients,
  message: string,
  relative = 0,
): Violation[] {
  return Object.entries(expected)
    .filter(([name, { values }]) => {
      const other = got[name]?.values ?? new Float64Array(0);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      return (
        other.length !== values.length ||
        !values.every((value, i) => Math.abs(value - other[i]) <= relative * largest)
      );
    })
    .map(([quantity]) => ({ quantity, message }));
}

function prefixed<T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value]));
}
