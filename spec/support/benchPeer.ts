import type { Peer } from '../../bench/child.ts';

/** The message of a system that has started, with the losses of its checked steps. */
export const ready = (losses: readonly number[], step = 1, parameters = 10) => ({
  system: 'A',
  backend: 'cpu',
  parameters,
  losses,
  step,
});

/** A system of the benchmark that measures nothing. */
export function peer(state: Partial<Peer>): Peer {
  const none = { steps: [], apart: [] };
  return {
    setup: { system: 'boxprop', backend: 'cpu', network: 'lenet', batch: 4, side: 28 },
    ready: ready([2]),
    turn: () => Promise.resolve(none),
    close: () => Promise.resolve(),
    ...state,
  };
}
