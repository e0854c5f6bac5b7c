/**
 * The process that reads the mutants of one reader: `worker.ts READERS NAME FOLDER SEED FIRST
 * COUNT`. `fuzz.ts` starts it, kills it if a mutant never ends, and starts it again after that
 * mutant.
 *
 * It writes the number of each mutant to FOLDER/at and the mutant to FOLDER/mutant before it reads
 * it, and one line of JSON per problem to standard output.
 */
import { openSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BoxpropError } from '../../../lib/errors.ts';
import { Rng } from '../../../lib/rng.ts';
import { peakMemory } from '../peakMemory.ts';
import { mutateBytes, mutateJson, type JsonMutant } from './mutate.ts';
import { MEBIBYTES, SECONDS, type FuzzReader } from './reader.ts';

const [table, name, folder, ...numbers] = process.argv.slice(2);
const [seed, first, count] = numbers.map(Number);
const { readers } = (await import(pathToFileURL(resolve(table)).href)) as {
  readers: Readonly<Record<string, FuzzReader>>;
};
const reader = readers[name];
const samples = await reader.samples(folder);
const at = openSync(join(folder, 'at'), 'r+');
const file = join(folder, `mutant${reader.ending}`);
let accepted = 0;
let slowest = 0;

for (const [k, sample] of samples.entries()) {
  writeFileSync(file, sample);
  const value = await reader.read(file);
  const problem = reader.problem?.(value);
  if (problem !== undefined) throw new Error(`sample ${k} of ${name}: ${problem}`);
}
const start = peakMemory();
let peak = start + (reader.mebibytes ?? MEBIBYTES);

for (let i = first; i < count; i++) {
  const rng = new Rng(seed).fold(i);
  const [bytes, change] = mutant(rng);
  writeFileSync(file, bytes);
  writeSync(at, String(i).padEnd(12), 0);
  const before = process.cpuUsage();
  const problem = await problemOf(change);
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  slowest = Math.max(slowest, seconds);
  if (problem !== undefined) report(i, problem);
  if (seconds > SECONDS) report(i, `took ${seconds.toFixed(1)} s of processor time`);
  const used = peakMemory();
  if (used > peak) {
    report(i, `memory grew by ${Math.round(used - start)} MiB`);
    peak = used;
  }
  if (i % 256 === 0) globalThis.gc?.();
}
const grown = Math.round(peakMemory() - start);
console.log(JSON.stringify({ accepted, slowest, grown }));

/** The bytes of a mutant, and the change of a JSON value that made it, if one did. */
function mutant(rng: Rng): [bytes: Uint8Array, change?: JsonMutant] {
  const sample = rng.pick(samples);
  const documents = reader.documents?.(sample) ?? [];
  const parts = reader.parts?.(sample) ?? [];
  if (parts.length > 0 && rng.integer(2) === 0) {
    const { bytes, embed } = rng.pick(parts);
    const others = samples.flatMap((other) => reader.parts?.(other) ?? []);
    const all = others.map((part) => part.bytes);
    return [embed(mutateBytes(all, bytes, rng))];
  }
  if (documents.length === 0 || rng.integer(2) === 0) return [mutateBytes(samples, sample, rng)];
  const { text, embed } = rng.pick(documents);
  const change = mutateJson(text, rng);
  return [embed(change.text), change];
}

async function problemOf(change: JsonMutant | undefined): Promise<string | undefined> {
  let value: unknown;
  try {
    value = await reader.read(file);
  } catch (error) {
    return errorProblem(error);
  }
  accepted++;
  const { path = '', types: [from, to] = [] } = change ?? {};
  if (from !== to && !reader.untyped?.test(path)) return `accepted ${to} at ${path}, a ${from}`;
  return reader.problem?.(value);
}

function errorProblem(error: unknown): string | undefined {
  // Every BoxpropError is one short line.
  if (error instanceof BoxpropError) return undefined;
  return `threw ${error instanceof Error ? error.stack : String(error)}`;
}

function report(mutant: number, problem: string): void {
  console.log(JSON.stringify({ mutant, problem }));
}
