import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Peer, Times } from './peer.ts';

/** PyTorch on the CPU with its default threads, in a process of its own; undefined where it cannot be imported. */
export async function pytorch(
  batch: number,
  python = process.env.PYTHON ?? 'python3',
): Promise<Peer | undefined> {
  const script = fileURLToPath(new URL('pytorch_step.py', import.meta.url));
  const child = spawn(python, [script, String(batch)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const failed = new Promise<undefined>((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('exit', () => resolve(undefined));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line = await Promise.race([lines.next(), failed]);
    return line === undefined || line.done ? undefined : JSON.parse(line.value);
  };
  const ready = (await next()) as { version: string; threads: number } | undefined;
  if (ready === undefined) return undefined;
  return {
    system: `PyTorch ${ready.version}`,
    backend: `cpu, ${ready.threads} threads`,
    round: async (steps) => {
      child.stdin.write(`${steps}\n`);
      const times = (await next()) as Times | undefined;
      if (times === undefined) throw new Error('PyTorch ended in the middle of a round');
      return times;
    },
    close: () => child.kill(),
  };
}
