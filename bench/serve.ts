import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { messageOf } from '../lib/errors.ts';
import { begin, turn, type Setup, type System, type SystemName, type Turn } from './system.ts';

/**
 * Runs a system in its own process, which `bench/child.ts` starts:
 *
 *     node bench/serve.ts SETUP
 *
 * It prints one line of JSON when the system has started. Then it reads numbers of steps from its
 * input, one per line, and prints one line of JSON for each. It ends when its input ends.
 */
const BUILDERS: Partial<Record<SystemName, (setup: Setup) => Promise<System>>> = {
  boxprop: async (setup) => (await import('./boxprop.ts')).boxprop(setup),
  'tfjs-layers': async (setup) => (await import('./tfjsLayers.ts')).tfjsLayers(setup),
  convnetjs: async (setup) => (await import('./convnetjs.ts')).convnetjs(setup),
  'jax-js': async (setup) => (await import('./jax.ts')).jaxJs(setup),
  'onnxruntime-node': async (setup) => (await import('./onnxruntime.ts')).onnxruntime(setup),
  'onnxruntime-web': async (setup) => (await import('./onnxruntime.ts')).onnxruntime(setup),
};

const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function serve(setup: Setup): Promise<void> {
  const browser = setup.backend === 'webgl' || setup.backend === 'webgpu';
  const { ready, next, close } = browser
    ? await (await import('./browser.ts')).inBrowser(setup)
    : await inNode(setup);
  say(ready);
  for await (const line of createInterface({ input: process.stdin })) say(await next(Number(line)));
  await close();
}

async function inNode(setup: Setup) {
  // Node has only one webgpu, so the backend's name there has no suffix.
  const backend = setup.backend.replace(/-node$/, '');
  const system = await BUILDERS[setup.system]!({ ...setup, backend });
  const ready = { ...(await begin(system)), backend: setup.backend };
  forgetPeak();
  const next = async (count: number): Promise<Turn> => ({
    ...(await turn(system, count, cpuTime)),
    ...peak(),
  });
  return { ready, next, close: () => Promise.resolve() };
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Resets the memory peak, so that it counts training only and not the start. Only Linux can reset
 * it.
 */
function forgetPeak(): void {
  globalThis.gc?.();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Without a reset the peak is the peak of the whole run.
  }
}

function peak(): { peak_mb: number } {
  try {
    const [, kilobytes] =
      /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return { peak_mb: Number(kilobytes) / 1024 };
  } catch {
    // There is no /proc, because this is not Linux.
  }
  return { peak_mb: process.resourceUsage().maxRSS / 1024 };
}

try {
  await serve(JSON.parse(process.argv[2]) as Setup);
  process.exit();
} catch (error) {
  say({ error: messageOf(error) });
  process.exit(1);
}
