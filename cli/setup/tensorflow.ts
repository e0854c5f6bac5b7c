import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { BoxpropError, InputError } from '../../lib/errors.ts';
import { buildAddon, findTools } from './addon.ts';
import { check, type Check } from './check.ts';
import type { Findings } from './checkRun.ts';
import { Commands } from './commands.ts';
import { addCuda, hasNvidiaDriver } from './cuda.ts';
import { findProject, refuseSecondCore, TFJS_VERSION } from './project.ts';
import { Stage } from './stage.ts';
import {
  checkRoom,
  checkWheelFile,
  downloadWheel,
  thisMachine,
  unpackWheel,
  wheelFor,
} from './wheel.ts';

/** The options of `setupTensorflow`. */
export interface SetupOptions {
  /** Whether tfjs-node-gpu is installed in place of tfjs-node. */
  readonly gpu: boolean;
  /** The file of a TensorFlow wheel that has already been downloaded. */
  readonly wheel?: string;
  /** A folder inside the project. */
  readonly folder: string;
}

/**
 * Installs a working tfjs-node in a project. If the project's tfjs-node already works, nothing
 * changes. Otherwise tfjs-node's own installer runs. It downloads a TensorFlow of 2022, which may
 * be unavailable or incompatible with the machine. If this fails, the addon is built with the
 * current TensorFlow from a Python wheel. A tfjs-node counts as working if it computes the right
 * values.
 *
 * Errors: a missing tool, or a step that fails; the message names the log file. After an error, and
 *         after `Interrupted`, the project is unchanged.
 */
export async function setupTensorflow(
  { gpu, wheel, folder }: SetupOptions,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const file = wheel === undefined ? undefined : resolve(wheel);
  if (file !== undefined) {
    if (!existsSync(file)) throw new InputError(`--wheel: no such file: ${wheel}`);
    checkWheelFile(file, wheelFor(thisMachine(), gpu));
  }
  const project = findProject(resolve(folder));
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const log = join(await mkdtemp(join(tmpdir(), 'boxprop-setup-')), 'log');
  const commands = new Commands(log, signal);
  try {
    const present = await check(commands, join(project.modules, name));
    if (isGood(present, gpu)) {
      refuseSecondCore(project, present.findings.cores, name);
      print(`${name} works: ${words(present.findings)}`);
    } else {
      print(`${name}: ${problemOf(present)}`);
      const stage = await Stage.open(project, name);
      try {
        await provide(stage, { commands, print, gpu, file });
      } finally {
        await stage.close();
      }
    }
  } catch (error) {
    if (error instanceof BoxpropError) throw new InputError(`${error.message}; log: ${log}`);
    await rm(dirname(log), { recursive: true });
    throw error;
  }
  await rm(dirname(log), { recursive: true });
}

interface Run {
  readonly commands: Commands;
  readonly print: (line: string) => void;
  readonly gpu: boolean;
  readonly file: string | undefined;
}

async function provide(stage: Stage, run: Run): Promise<void> {
  const { commands, print, gpu, file } = run;
  print(`fetching ${stage.name} ${TFJS_VERSION}`);
  await stage.install(commands);
  if (file === undefined) {
    print('trying its own installer, which downloads a TensorFlow of 2022');
    const { ok, problem } = await stage.officialInstall(commands);
    const official: Check = ok ? await check(commands, stage.staged) : { runs: false, problem };
    if (isGood(official, gpu)) {
      refuseSecondCore(stage.project, official.findings.cores, stage.name);
      await stage.save(commands);
      print(`${stage.name} works: ${words(official.findings)}; saved in package.json`);
      return;
    }
    print(`  failed: ${problemOf(official)}`);
  }
  const findings = await build(stage, run);
  await stage.place();
  print(`${stage.name} works: ${words(findings)}`);
  const again = `npx boxprop setup tensorflow${gpu ? ' --gpu' : ''}`;
  if (gpu && !findings.gpu && !hasNvidiaDriver())
    print('no GPU is used, because there is no NVIDIA driver');
  print(
    stage.isSaved()
      ? `package.json names it, and its own installer fails here: run npm ci --ignore-scripts, then ${again}`
      : `not saved in package.json, because its own installer fails here; after npm install or npm ci run ${again}`,
  );
}

/** Builds tfjs-node in the stage with TensorFlow from a Python wheel. */
async function build(stage: Stage, { commands, print, gpu, file }: Run): Promise<Findings> {
  const wheel = wheelFor(thisMachine(), gpu);
  const tools = await findTools(commands, stage.folder, file === undefined);
  checkRoom(stage.folder, wheel);
  let archive = file;
  if (archive === undefined) {
    print(`downloading ${wheel.name} ${wheel.version}`);
    archive = await downloadWheel(commands, tools.python, wheel, stage.folder);
  }
  print("unpacking TensorFlow's libraries");
  const deps = join(stage.staged, 'deps');
  for (const part of ['deps', 'lib'])
    await rm(join(stage.staged, part), { recursive: true, force: true });
  await mkdir(deps);
  await unpackWheel(commands, tools.python, archive, deps);
  print('building the addon');
  await buildAddon(commands, tools, stage.folder, stage.staged);
  await stage.nest();
  let built = await check(commands, stage.staged);
  if (built.runs && gpu && !built.findings.gpu && hasNvidiaDriver()) {
    print('downloading the CUDA libraries, about 3 GB, because no GPU is found without them');
    checkRoom(stage.folder, { gigabytes: 7 });
    await addCuda(commands, tools.python, archive, deps);
    built = await check(commands, stage.staged);
  }
  if (!built.runs)
    throw new InputError(`${stage.name} was built but does not run: ${built.problem}`);
  refuseSecondCore(stage.project, built.findings.cores, stage.name);
  return built.findings;
}

/**
 * Returns whether tfjs-node runs. If a GPU is requested and a driver is installed, it must also use
 * the GPU.
 */
function isGood(check: Check, gpu: boolean): check is Extract<Check, { runs: true }> {
  return check.runs && (!gpu || check.findings.gpu || !hasNvidiaDriver());
}

function problemOf(check: Check): string {
  return check.runs ? 'it does not find the GPU' : check.problem;
}

function words({ tensorflow, gpu }: Findings): string {
  return `TensorFlow ${tensorflow} on the ${gpu ? 'GPU' : 'CPU'}`;
}
