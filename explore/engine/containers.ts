import type { AnyModule } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';
import * as modules from '../../modules/index.ts';
import type { Argument } from './boxes.ts';

const { Branch, Graph, Linear, Residual, Sequential, Sigmoid, Sum, Tanh } = modules;

/** The options that a visitor of the page can choose for a container. */
type Options = Readonly<Record<string, Argument>>;

/**
 * Small fixed examples of the containers, on an input [2, 3]. They are fixed because a form cannot
 * ask the reader for the boxes inside.
 */
export const CONTAINERS: Readonly<Record<string, (rng: Rng, options: Options) => AnyModule>> = {
  Sequential: (rng) =>
    new Sequential([new Linear(3, 2, { rng }), new Tanh(), new Linear(2, 2, { rng })]),
  Branch: (rng, options) =>
    new Branch([new Linear(3, 2, { rng }), new Linear(3, 2, { rng })], { ...options }),
  Residual: (rng) => new Residual(new Sequential([new Linear(3, 3, { rng }), new Tanh()])),
  Graph: (rng) =>
    new Graph({
      inputs: 'x',
      nodes: [
        ['linear', new Linear(3, 2, { rng }), 'x'],
        ['tanh', new Tanh(), 'linear'],
        ['sigmoid', new Sigmoid(), 'linear'],
        ['sum', new Sum(), ['tanh', 'sigmoid']],
      ],
      outputs: 'sum',
    }),
};
