import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as networks from './networks.ts';
import { CHANNELS_LAST, type Ready, type Setup, type Turn } from './system.ts';

/** A system that has started in its own process. */
export interface Peer {
  readonly setup: Setup;
  readonly ready: Ready;
  turn(steps: number): Promise<Turn>;
  close(): Promise<void>;
}

/**
 * Starts a system in its own process, so that the systems do not disturb each other's memory and
 * threads, and each process has its own memory peak. The process works only when a turn is
 * requested.
 *
 * Errors: one line, either the system's own message or that it took longer than `limit` seconds.
 */
export async function startPeer(setup: Setup, limit: number): Promise<Peer> {
  const [command, args] = commandOf(setup);
  // By default OpenMP's threads spin while they wait for work, and PyTorch's CPU time would count
  // that. They sleep instead.
  const env = { OMP_WAIT_POLICY: 'PASSIVE', ...process.env };
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  let told = '';
  child.stderr.on('data', (data: Buffer) => (told = (told + data.toString()).slice(-4000)));
  child.stdin.on('error', () => {});
  const ended = new Promise<Error>((resolve) => {
    child.on('error', resolve);
    child.on('exit', (code, signal) =>
      // Reads the rest of stderr before it reports the end of the process.
      setImmediate(() => resolve(new Error(`ended with ${signal ?? code}: ${lastLine(told)}`))),
    );
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  /** Returns the next line of JSON. Skips other lines, because some libraries print a greeting. */
  async function next(): Promise<unknown> {
    for (;;) {
      const line = await lines.next();
      if (line.done) throw await ended;
      if (!line.value.startsWith('{')) continue;
      const message = JSON.parse(line.value) as { error?: string };
      if (message.error !== undefined) throw new Error(lastLine(message.error));
      return message;
    }
  }

  async function within<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${limit} s`)), 1000 * limit);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      await stop('SIGTERM');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Stops the process. SIGKILL comes only after 10 s, because a killed process leaves its browser
   * running.
   */
  async function stop(signal?: 'SIGTERM'): Promise<void> {
    child.stdin.end();
    if (signal !== undefined) child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  const ready = (await within(next())) as Ready;
  return {
    setup,
    ready,
    turn: (steps) => {
      child.stdin.write(`${steps}\n`);
      return within(next()) as Promise<Turn>;
    },
    close: () => stop(),
  };
}

function commandOf(setup: Setup): [command: string, args: string[]] {
  const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  if (setup.system !== 'pytorch') {
    const node = [
      '--expose-gc',
      '--conditions=boxprop-source',
      '--import',
      'tsx',
      file('serve.ts'),
    ];
    return [process.execPath, [...node, JSON.stringify(setup)]];
  }
  const constants = {
    lrn: networks.LRN,
    dropout: networks.DROPOUT,
    eps: networks.BATCH_NORM_EPS,
    momentum: networks.MOMENTUM,
    checkedSteps: networks.CHECKED_STEPS,
  };
  const table = networks.describe(setup.network, setup.side);
  const { batch, threads, inference = false } = setup;
  const channelsLast = setup.backend === CHANNELS_LAST;
  const args = [
    file('pytorch_step.py'),
    JSON.stringify({ table, batch, threads, inference, constants, channelsLast }),
  ];
  return [process.env.PYTHON ?? 'python3', args];
}

function lastLine(text: string): string {
  return text.trim().split('\n').pop()?.trimStart() ?? '';
}
