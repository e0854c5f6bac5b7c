import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** The instruction sets that decide how fast matrices are multiplied, by their names on Linux. */
const INSTRUCTIONS = ['avx2', 'fma', 'avx512f', 'avx512_vnni', 'amx_tile', 'asimd', 'sve'];

/** Names the processor: `2 x Intel(R) Xeon(R) Processor, avx2 fma, Node v20.20.2`. */
export function describeMachine(flags = readFlags()): string {
  const [cores, known] = [cpus(), INSTRUCTIONS.filter((name) => flags.includes(name))];
  const sets = known.length > 0 ? `, ${known.join(' ')}` : '';
  return `${cores.length} x ${cores[0].model.trim()}${sets}, Node ${process.version}`;
}

function readFlags(): readonly string[] {
  try {
    const [, flags] =
      /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return flags?.split(' ') ?? [];
  } catch {
    return []; // This is not Linux.
  }
}

/** The note that says which of the printed figures to trust. */
export const ADVICE =
  'Trust the ratio of the least CPU times: other programs disturb it least. With more than one ' +
  'thread it also counts the loops in which threads wait for each other.';
