import type { Module } from '../lib/module.ts';
import { parseJson } from '../lib/parseJson.ts';
import { checkSchema } from '../lib/schema.ts';
import { standardization } from '../data/standardize.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { TARGETS, type Targets } from './targets.ts';

/**
 * Appends a box to a network of standardized columns that multiplies its outputs by the deviations
 * and adds the means, for programs that do not know them.
 */
export function inUnits(network: Module, { mean, std }: Partial<Targets> = {}): Module {
  if (mean === undefined || std === undefined) return network;
  // y = (z + mean/std) std, the inverse of the standardization z = (y − mean)/std.
  const units = standardization({
    mean: mean.map((value, k) => -value / std[k]),
    std: std.map((value) => 1 / value),
  });
  return new Sequential({ network, units });
}

/**
 * Returns whether an exported network ends with the box of `inUnits`: the metadata of the file has
 * the means and deviations.
 */
export function hasUnits(file: string, metadata: ReadonlyMap<string, string>): boolean {
  const json = metadata.get('targets');
  if (json === undefined) return false;
  const where = `${file}: targets`;
  return checkSchema(where, TARGETS, parseJson(where, json)).mean !== undefined;
}
