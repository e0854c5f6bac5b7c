import type { Module } from '../lib/module.ts';
import { standardization } from '../data/standardize.ts';
import { Sequential } from '../modules/container/sequential.ts';
import type { Targets } from './targets.ts';

/** A network whose outputs are in the units of the targets, and the metadata about them. */
export interface NetworkInUnits {
  readonly network: Module;
  /** The entry `targets` of the metadata, if there is one. */
  readonly targets: Readonly<Record<string, string>>;
}

/**
 * Appends a box to a network of standardized columns that multiplies its outputs by the deviations
 * and adds the means, for programs that do not know them.
 */
export function inUnits(network: Module, targets: Targets | undefined): NetworkInUnits {
  if (targets === undefined) return { network, targets: {} };
  const { mean, std, ...rest } = targets;
  if (mean === undefined || std === undefined)
    return { network, targets: { targets: JSON.stringify(targets) } };
  // y = (z + mean/std) std, the inverse of the standardization z = (y − mean)/std.
  const units = standardization({
    mean: mean.map((value, k) => -value / std[k]),
    std: std.map((value) => 1 / value),
  });
  return {
    network: new Sequential({ network, units }),
    targets: { targets: JSON.stringify(rest) },
  };
}
