import type { Rng } from '../../lib/rng.ts';
import { CPPN_FUNCTIONS, CPPN_INPUTS, type Cppn, type CppnConnection } from './cppn.ts';

/** The probabilities of the mutations: each weight, and each kind of structural change. */
const [WEIGHT, CONNECTION, NODE, FUNCTION] = [0.5, 0.2, 0.1, 0.1];

/** The standard deviation of a change of a weight, and that of a new weight. */
const [WEIGHT_CHANGE, NEW_WEIGHT] = [0.5, 1];

/** The largest number of nodes, so that an image takes a bounded time however long it evolves. */
const MAX_NODES = 64;

/**
 * Returns the start of an evolution: the outputs, each with a random function and connected with
 * all inputs.
 */
export function randomCppn(outputs: number, rng: Rng): Cppn {
  const nodes = Array.from({ length: outputs }, (_, k) => ({
    id: CPPN_INPUTS + k,
    function: rng.pick(CPPN_FUNCTIONS),
  }));
  const connections = nodes.flatMap(({ id }) =>
    Array.from({ length: CPPN_INPUTS }, (_, from) => ({ from, to: id, weight: newWeight(rng) })),
  );
  return { nodes, connections };
}

/**
 * Returns a mutated copy of a CPPN: weights change, a connection, or a node in the middle of a
 * connection, is added, or a node gets another function.
 *
 * Source: Stanley & Miikkulainen 2002, "Evolving neural networks through augmenting topologies",
 *         section 3.1, without its crossover and species, because MAP-Elites needs neither.
 */
export function mutateCppn(cppn: Cppn, rng: Rng): Cppn {
  let mutated = changeWeights(cppn, rng);
  if (rng.uniform() < CONNECTION) mutated = addConnection(mutated, rng);
  if (rng.uniform() < NODE) mutated = addNode(mutated, rng);
  if (rng.uniform() < FUNCTION) mutated = changeFunction(mutated, rng);
  return mutated;
}

/** Adds normal noise to some of the weights. */
function changeWeights({ nodes, connections }: Cppn, rng: Rng): Cppn {
  const changed = connections.map((one) =>
    rng.uniform() < WEIGHT ? { ...one, weight: one.weight + WEIGHT_CHANGE * rng.normal() } : one,
  );
  return { nodes, connections: changed };
}

/**
 * Adds a connection between two nodes that have none, from the one that is computed earlier. A
 * network in which all are connected stays as it is.
 */
export function addConnection({ nodes, connections }: Cppn, rng: Rng): Cppn {
  const inputs = Array.from({ length: CPPN_INPUTS }, (_, id) => id);
  const order = [...inputs, ...nodes.map(({ id }) => id)];
  const has = new Set(connections.map(({ from, to }) => `${from} ${to}`));
  const free = order.slice(CPPN_INPUTS).flatMap((to, k) =>
    order
      .slice(0, CPPN_INPUTS + k)
      .filter((from) => !has.has(`${from} ${to}`))
      .map((from) => ({ from, to })),
  );
  if (free.length === 0) return { nodes, connections };
  return { nodes, connections: [...connections, { ...rng.pick(free), weight: newWeight(rng) }] };
}

/**
 * Puts a node with a random function into the middle of a connection. The connection into it has
 * the weight 1, and the one out of it has the weight of the connection that they replace.
 */
export function addNode({ nodes, connections }: Cppn, rng: Rng): Cppn {
  if (nodes.length >= MAX_NODES) return { nodes, connections };
  const { from, to, weight } = rng.pick(connections);
  const id = CPPN_INPUTS + nodes.length;
  const at = nodes.findIndex((node) => node.id === to);
  const added: CppnConnection[] = [
    { from, to: id, weight: 1 },
    { from: id, to, weight },
  ];
  return {
    nodes: [...nodes.slice(0, at), { id, function: rng.pick(CPPN_FUNCTIONS) }, ...nodes.slice(at)],
    connections: [...connections.filter((one) => one.from !== from || one.to !== to), ...added],
  };
}

/** Gives one node another function, or by chance the same one. */
function changeFunction({ nodes, connections }: Cppn, rng: Rng): Cppn {
  const chosen = rng.integer(nodes.length);
  const name = rng.pick(CPPN_FUNCTIONS);
  return {
    nodes: nodes.map((node, k) => (k === chosen ? { ...node, function: name } : node)),
    connections,
  };
}

function newWeight(rng: Rng): number {
  return NEW_WEIGHT * rng.normal();
}
