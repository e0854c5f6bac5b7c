import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variable, zeros } from '@tensorflow/tfjs-core';
import { useBackend } from '../../index.ts';
import { loadWeights } from '../../formats/safetensors/weights.ts';
import { peakMemory } from './peakMemory.ts';

/**
 * A program that sets two matrices from a safetensors file, which stores them transposed, and
 * prints its peak memory in MiB. The file is sparse, so it takes no space on the disk.
 *
 * Argument: the number of rows and columns.
 */
const size = Number(process.argv[2]);
const shape = [size, size];
const bytes = 4 * size ** 2;
const folder = mkdtempSync(join(tmpdir(), 'boxprop-memory-'));
try {
  const file = join(folder, 'weights.safetensors');
  const entry = (start: number) => ({ dtype: 'F32', shape, data_offsets: [start, start + bytes] });
  const header = Buffer.from(JSON.stringify({ a: entry(0), b: entry(bytes) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, header]));
  truncateSync(file, 8 + header.length + 2 * bytes);
  await useBackend('cpu');
  // Pages of zeros that nobody has read take no memory.
  const params = { a: variable(zeros(shape)), b: variable(zeros(shape)) };
  const stored = (name: string) => ({ name, shape, order: [1, 0] });
  const before = peakMemory();
  await loadWeights(file, params, { stored: { a: stored('a'), b: stored('b') } });
  process.stdout.write(String(peakMemory() - before));
} finally {
  rmSync(folder, { recursive: true });
}
