import { Cost } from '../lib/cost.ts';
import { messageOf } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import type { Input } from './case.ts';
import { checkFacts } from './checkFacts.ts';
import { describeLeak, liveMemory } from './leaks.ts';
import {
  concatValues,
  gradientsByName,
  tensorsOf,
  toHostGradients,
  type GradcheckTarget,
  type HostGradients,
} from './target.ts';

/** A violation of the contract of boxes. */
export interface Violation {
  /** `output`, or the name of a checked tensor. */
  readonly tensor: string;
  /** The problem in one line. */
  readonly message: string;
  /**
   * Whether `backpropToInput` revealed the problem. If that method is wrong, it may be the cause.
   */
  readonly byBackward?: boolean;
}

/**
 * Checks the contract of all boxes: methods are pure and repeatable, gradients are linear in
 * gradOutput, and no method leaks a tensor or disposes one that it does not own. Returns the
 * violations.
 */
export function checkContract(
  target: GradcheckTarget,
  gradOutput: Float64Array,
  rng: Rng,
): Violation[] {
  const once = target.gradients(gradOutput);
  return [
    ...checkForward(target),
    ...checkFacts(target, rng.clone()).map((problem) => ({ tensor: 'output', ...problem })),
    ...checkUnchanged(target, gradOutput),
    ...checkOwnership(target, once, gradOutput),
    ...differences(once, target.gradients(gradOutput), 'two backward runs differ'),
    ...differences(
      once,
      interleaved(target, gradOutput, rng),
      'another forward in between changes the gradient',
    ),
    ...(target.box instanceof Cost ? [] : checkLinear(target, once, gradOutput, rng)),
    ...(target.box instanceof Cost ? [] : checkBackprop(target, once, gradOutput)),
    ...checkLeaks(target, gradOutput),
  ];
}

/**
 * Checks that every input and parameter has a finite gradient of the same shape, and that there are
 * no other gradients.
 */
export function checkShapes(
  target: GradcheckTarget,
  gradOutput: Float64Array,
  gradients = target.gradients(gradOutput),
): Violation[] {
  const violations: Violation[] = [];
  for (const { name, shape } of target.tensors) {
    const got = gradients[name]?.shape;
    if (got === undefined) violations.push({ tensor: name, message: 'no gradient is returned' });
    else if (got.join() !== shape.join()) {
      const hint = [...shape].reverse().join() === got.join() ? '; looks transposed' : '';
      const message = `expected a gradient of shape [${shape.join(', ')}], got [${got.join(', ')}]${hint}`;
      violations.push({ tensor: name, message });
    } else if (!gradients[name].values.every(Number.isFinite)) {
      violations.push({ tensor: name, message: 'the gradient is not finite' });
    }
  }
  for (const name of Object.keys(gradients)) {
    if (!target.tensors.some((tensor) => tensor.name === name)) {
      violations.push({
        tensor: name,
        message: 'expected gradients of inputs and parameters, got one under this name',
      });
    }
  }
  return violations;
}

function checkForward(target: GradcheckTarget): Violation[] {
  const [once, again] = [target.outputs(), target.outputs()];
  const violations: Violation[] = [];
  const report = (message: string) => violations.push({ tensor: 'output', message });
  if (!once.every(Number.isFinite)) report('the output is not finite');
  if (!once.every((value, i) => value === again[i])) report('two forward runs differ');
  tidy(() => {
    const input = target.input();
    const { output } = target.forward(input);
    if (shareTensor(input, output)) report('the output is the input itself: return a clone');
    const { box } = target;
    if (box instanceof Cost || tensorsOf(input).some(([, tensor]) => tensor.isDisposed)) return;
    const inferred = box.infer(input, target.context);
    if (shareTensor(input, inferred)) report('infer returns the input itself: return a clone');
    else if (tensorsOf(input).some(([, tensor]) => tensor.isDisposed))
      report('infer disposes the input: cache a clone of it');
    if (tensorsOf(inferred).some(([, tensor]) => tensor.isDisposed))
      report('infer returns a disposed tensor');
    else if (!concatValues(inferred).every((value, i) => value === once[i]))
      report('infer and forward differ');
  });
  return violations;
}

/** Checks that inputs, parameters, buffers and gradOutput are read and never written. */
function checkUnchanged(target: GradcheckTarget, gradOutput: Float64Array): Violation[] {
  return tidy(() => {
    const violations: Violation[] = [];
    const { box } = target;
    const input = target.input();
    const owned = box instanceof Cost ? {} : { ...box.params, ...prefixed('buffer ', box.buffers) };
    const before = { input: concatValues(input), owned: concatValues(owned) };
    const { output, cache } = target.forward(input);
    const grad = box instanceof Cost ? output : target.gradOutput(output, gradOutput);
    const gradBefore = concatValues(grad);
    if (box instanceof Cost) box.backpropToInput(cache);
    else {
      if (shareTensor(grad, box.backpropToInput(grad, cache)))
        violations.push({ tensor: 'input', message: SAME_GRADIENT });
      box.backpropToParams(grad, cache);
    }
    const expectUnchanged = (name: string, earlier: Float64Array, tensors: typeof input) => {
      if (tensorsOf(tensors).some(([, tensor]) => tensor.isDisposed)) {
        violations.push({
          tensor: 'output',
          message: `${name} is disposed: only its owner may dispose it`,
        });
      } else if (!concatValues(tensors).every((value, i) => value === earlier[i])) {
        violations.push({ tensor: 'output', message: `${name} is modified` });
      }
    };
    expectUnchanged('the input', before.input, input);
    expectUnchanged('a parameter or buffer', before.owned, owned);
    expectUnchanged('gradOutput', gradBefore, grad);
    return violations;
  });
}

/**
 * Checks that the cache remains valid after the input and output are disposed, because their owners
 * may dispose them directly after the forward pass.
 */
function checkOwnership(
  target: GradcheckTarget,
  expected: HostGradients,
  gradOutput: Float64Array,
): Violation[] {
  return tidy(() => {
    const input = target.input();
    const { output, cache } = target.forward(input);
    const grad = target.gradOutput(output, gradOutput);
    disposeTensors([input, output]);
    try {
      const got = toHostGradients(target.backwardTensors(grad, cache));
      return differences(expected, got, 'disposing the input and output changes the gradient');
    } catch {
      const message = `backward fails after the input and output are disposed: cache clones of them`;
      return [{ tensor: 'output', message }];
    }
  });
}

/**
 * Computes the gradient from the cache of a first forward pass, after a second forward pass with
 * other inputs.
 */
function interleaved(target: GradcheckTarget, gradOutput: Float64Array, rng: Rng): HostGradients {
  return tidy(() => {
    const first = target.forward(target.input());
    target.atOtherInputs(
      () => rng.normal(),
      () => target.forward(target.input()),
    );
    return target.backward(first.output, first.cache, gradOutput);
  });
}

/** Checks that B(0) = 0 and B(α g + β h) = α B(g) + β B(h), where B is the backward pass. */
function checkLinear(
  target: GradcheckTarget,
  atG: HostGradients,
  g: Float64Array,
  rng: Rng,
): Violation[] {
  const zero = target.gradients(new Float64Array(g.length));
  const violations = Object.entries(zero)
    .filter(([, { values }]) => values.some((value) => value !== 0))
    .map(([tensor]) => ({
      tensor,
      message: 'a gradOutput of zeros gives a gradient that is not zero',
    }));
  const h = rng.normals(g.length);
  const [alpha, beta] = [0.7, -1.3];
  const atH = target.gradients(h);
  const mixed = target.gradients(g.map((value, i) => alpha * value + beta * h[i]));
  const expected: HostGradients = {};
  for (const [name, { shape, values }] of Object.entries(atG)) {
    expected[name] = {
      shape,
      values: values.map((value, i) => alpha * value + beta * atH[name].values[i]),
    };
  }
  return [
    ...violations,
    ...differences(expected, mixed, 'the gradient is not linear in gradOutput', 1e-9),
  ];
}

/** Checks that `backprop` and `backpropParams` give the gradients of the two separate methods. */
export function checkBackprop(
  target: GradcheckTarget,
  expected: HostGradients,
  gradOutput: Float64Array,
): Violation[] {
  const { box } = target;
  if (box instanceof Cost) return [];
  return tidy(() => {
    const run = () => {
      const { output, cache } = target.forward(target.input());
      return { grad: target.gradOutput(output, gradOutput), cache };
    };
    const first = run();
    const { gradInput, gradParams } = box.backprop(first.grad, first.cache);
    const second = run();
    const paramsOnly = gradientsByName({}, box.backpropParams(second.grad, second.cache));
    const ofParams = Object.fromEntries(
      Object.entries(expected).filter(([name]) => name.startsWith('param:')),
    );
    return [
      ...(shareTensor(first.grad, gradInput) ? [{ tensor: 'input', message: SAME_GRADIENT }] : []),
      ...differences(
        expected,
        toHostGradients(gradientsByName(gradInput, gradParams)),
        'backprop differs from the two methods',
        1e-12,
      ),
      ...differences(
        ofParams,
        toHostGradients(paramsOnly),
        'backpropParams differs from backpropToParams',
        1e-12,
      ),
    ];
  });
}

/**
 * Checks on the backend in use that no method leaks a tensor or its values: after the caller has
 * disposed everything that a method returned, the memory in use must be the same as before. The
 * check reads no values, so it also works on a GPU.
 */
export function checkLeaks(target: GradcheckTarget, gradOutput: Float64Array): Violation[] {
  for (const [method, run] of methodsOf(target, gradOutput)) {
    const before = liveMemory();
    try {
      run();
    } catch (error) {
      const message = `${method} fails after the input is disposed: ${messageOf(error)}`;
      return [{ tensor: 'output', message }];
    }
    const leak = describeLeak(before, 'return, cache or dispose them');
    // The check stops at the first leak: every other method runs after `forward`, so it would
    // report the same leak.
    if (leak !== undefined) return [{ tensor: 'output', message: `${method} ${leak}` }];
  }
  return [];
}

/**
 * For each method of a box, returns its name and a function that runs it and disposes everything
 * that it returns.
 */
function methodsOf(
  target: GradcheckTarget,
  values: Float64Array,
): readonly (readonly [method: string, run: () => void])[] {
  const { box } = target;
  const forward = () => {
    const input = target.input();
    const { output, cache } = target.forward(input);
    disposeTensors(input);
    return { output, cache };
  };
  if (box instanceof Cost) {
    return [
      ['forward', () => disposeTensors(forward())],
      [
        'backpropToInput',
        () => {
          const { output, cache } = forward();
          disposeTensors([output, box.backpropToInput(cache), cache]);
        },
      ],
    ];
  }
  const backward = (run: (gradOutput: Input, cache: unknown) => unknown) => () => {
    const { output, cache } = forward();
    const gradOutput = target.gradOutput(output, values);
    disposeTensors([output, run(gradOutput, cache), gradOutput, cache]);
  };
  return [
    ['forward', () => disposeTensors(forward())],
    [
      'infer',
      () => {
        const input = target.input();
        disposeTensors([input, box.infer(input, target.context)]);
      },
    ],
    ['backpropToInput', backward((grad, cache) => box.backpropToInput(grad, cache))],
    ['backpropToParams', backward((grad, cache) => box.backpropToParams(grad, cache))],
    ['backprop', backward((grad, cache) => box.backprop(grad, cache))],
    ['backpropParams', backward((grad, cache) => box.backpropParams(grad, cache))],
    [
      'updateBuffers',
      () => {
        const before = Object.values(box.buffers).map(
          (buffer) => [buffer, buffer.clone()] as const,
        );
        const { output, cache } = forward();
        box.updateBuffers(cache);
        disposeTensors([output, cache]);
        for (const [buffer, value] of before) buffer.assign(value);
        disposeTensors(before.map(([, value]) => value));
      },
    ],
  ];
}

const SAME_GRADIENT = 'the gradient is gradOutput itself: return a clone';

/**
 * Returns whether both values contain the same tensor object. If so, the caller would dispose it
 * twice.
 */
function shareTensor(one: Input, other: Input): boolean {
  const tensors = new Set(tensorsOf(one).map(([, tensor]) => tensor));
  return tensorsOf(other).some(([, tensor]) => tensors.has(tensor));
}

/**
 * Returns a violation for each gradient that differs from the expected one by more than `relative`
 * times the largest value of the expected one.
 */
function differences(
  expected: HostGradients,
  got: HostGradients,
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
    .map(([tensor]) => ({ tensor, message }));
}

function prefixed<T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value]));
}
