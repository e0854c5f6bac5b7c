import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A Python program that answers each line of JSON with one line of JSON. */
export interface Python {
  /** The first message, which the program sends when it has started. */
  readonly hello: Readonly<Record<string, unknown>>;
  readonly ask: (job: object) => Promise<unknown>;
  readonly close: () => void;
}

/**
 * Starts a program with `python3`, or with the interpreter that the environment variable PYTHON
 * names.
 *
 * Errors: `python3: No module named 'torch'; pip install torch safetensors`.
 * @param packages the packages that the program needs.
 * @param args the arguments of the program.
 */
export async function startPython(
  script: string,
  packages: string,
  args: readonly string[] = [],
): Promise<Python> {
  const python = process.env.PYTHON ?? 'python3';
  const child = spawn(python, [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let told = '';
  child.stderr.on('data', (data: Buffer) => (told = (told + data.toString()).slice(-4000)));
  child.stdin.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    child.on('close', () => resolve(told.trim().split('\n').at(-1) ?? 'ended'));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const line = await lines.next();
    if (line.done) throw new Error(`${python}: ${await ended}; pip install ${packages}`);
    return JSON.parse(line.value) as unknown;
  };
  return {
    hello: (await next()) as Record<string, unknown>,
    async ask(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const answer = await next();
      if (typeof answer === 'object' && answer !== null && 'error' in answer)
        throw new Error(String(answer.error));
      return answer;
    },
    close: () => child.kill(),
  };
}

/**
 * The largest difference of two lists of numbers, divided by the largest expected magnitude. It is
 * infinite if the lengths differ or a value is NaN.
 */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let [largest, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i] - expected[i]);
    if (!(apart <= largest)) largest = Number.isNaN(apart) ? Infinity : apart;
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  if (largest === Infinity) return Infinity;
  return largest === 0 ? 0 : largest / scale;
}
