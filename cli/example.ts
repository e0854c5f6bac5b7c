import { Command } from 'commander';
import { printLine } from './process.ts';

/** The values of one box: its output, or the gradient of its output. */
export interface ExampleLine {
  readonly name: string;
  readonly values: readonly number[];
}

/** A weight of the example before and after the step. */
export interface ExampleWeight {
  /** The name of the weight in the lecture's figure: w13 leads from node 1 to node 3. */
  readonly name: string;
  readonly before: number;
  /** The gradient ∂E/∂w. */
  readonly gradient: number;
  readonly after: number;
  /** The value that the slide shows for `after`, as text. */
  readonly slide: string;
}

/** All values of the worked example. */
export interface Example {
  /** The input, and the output of each box. */
  readonly forward: readonly ExampleLine[];
  readonly loss: number;
  /** ∂E/∂x at the output of each box, from the last box to the first. */
  readonly backward: readonly ExampleLine[];
  readonly weights: readonly ExampleWeight[];
  readonly secondForward: readonly ExampleLine[];
  readonly secondLoss: number;
}

/**
 * Computes the lecture's worked example (`workedExample`) in double precision: a forward pass, a
 * backward pass, one step and a second forward pass.
 */
export async function backpropExample(): Promise<Example> {
  const { withBackend } = await import('../lib/backend/useBackend.ts');
  const { SLIDE } = await import('../models/slideOfExample.ts');
  const { workedExample } = await import('../models/workedExample.ts');
  const { Sequential } = await import('../modules/index.ts');
  const { SGD } = await import('../optim/sgd.ts');
  const { tidy } = await import('../lib/memory.ts');
  return withBackend('float64', () =>
    tidy(() => {
      const { boxes, cost, input, target, learningRate } = workedExample();
      const network = new Sequential(boxes);

      const runForward = () => {
        const lines: ExampleLine[] = [{ name: 'input', values: [...input.dataSync()] }];
        const caches: unknown[] = [];
        let x = input;
        for (const box of network.boxes) {
          const { output, cache } = box.forward(x);
          lines.push({ name: box.constructor.name, values: [...output.dataSync()] });
          caches.push(cache);
          x = output;
        }
        const { loss, cache } = cost.forward(x, target);
        return { lines, caches, loss: loss.dataSync()[0], costCache: cache };
      };

      const first = runForward();
      const backward: ExampleLine[] = [];
      const weights: Omit<ExampleWeight, 'after'>[] = [];
      const grads = {};
      let grad = cost.backpropToInput(first.costCache);
      for (let i = network.boxes.length - 1; i >= 0; i--) {
        const box = network.boxes[i];
        backward.push({ name: box.constructor.name, values: [...grad.dataSync()] });
        const { weight } = box.backpropToParams(grad, first.caches[i]);
        if (weight !== undefined) {
          Object.assign(grads, { [`${i}.weight`]: weight });
          const before = box.params.weight.dataSync();
          const gradients = weight.dataSync();
          weights.unshift(
            ...SLIDE[i].map(([name, slide], k) => ({
              name,
              before: before[k],
              gradient: gradients[k],
              slide,
            })),
          );
        }
        grad = box.backpropToInput(grad, first.caches[i]);
      }
      new SGD(network.params, { learningRate }).step(grads);
      const after = Object.values(network.params).flatMap((param) => [...param.dataSync()]);

      const second = runForward();
      network.dispose();
      return {
        forward: first.lines,
        loss: first.loss,
        backward,
        weights: weights.map((weight, k) => ({ ...weight, after: after[k] })),
        secondForward: second.lines,
        secondLoss: second.loss,
      };
    }),
  );
}

const digits = (value: number) => value.toFixed(7).padStart(12);

/**
 * Formats the example as tables with seven digits, with the slide's values beside the new weights.
 */
export function formatExample(example: Example): string {
  const row = (name: string, values: readonly number[]) =>
    `  ${name.padEnd(10)}${values.map(digits).join('')}`;
  const rows = (lines: readonly ExampleLine[]) =>
    lines.map(({ name, values }) => row(name, values));
  return [
    'forward: the output of each box',
    ...rows(example.forward),
    row('Euclidean', [example.loss]),
    '',
    'backward: the gradient of each output, dE/dx_out',
    ...rows(example.backward),
    '',
    'one step, w <- w - 0.2 dE/dw',
    `  ${'weight'.padEnd(10)}${['before', 'dE/dw', 'after', 'slide'].map((head) => head.padStart(12)).join('')}`,
    ...example.weights.map(
      ({ name, before, gradient, after, slide }) =>
        `${row(name, [before, gradient, after])}${slide.padStart(12)}`,
    ),
    '',
    'forward again',
    ...rows(example.secondForward),
    row('Euclidean', [example.secondLoss]),
  ].join('\n');
}

/** Makes the command `boxprop example`. */
export function exampleCommand(): Command {
  return new Command('example')
    .description("print every value of the lecture's worked example of backpropagation")
    .action(async () => {
      printLine(formatExample(await backpropExample()));
    });
}
