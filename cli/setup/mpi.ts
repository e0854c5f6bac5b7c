import { existsSync, realpathSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BoxpropError, InputError, show } from '../../lib/errors.ts';
import { findMpi, MPI_FOLDER, MPI_VARIABLE, type MpiInstallation } from '../../lib/mpi/findMpi.ts';
import { MpiLibrary } from '../../lib/mpi/mpiLibrary.ts';
import { LAUNCH_ENVIRONMENT } from '../launchRanks.ts';
import { Commands } from './commands.ts';
import { findProject, type Project } from './project.ts';

/** The options of `setupMpi`. */
export interface SetupMpiOptions {
  /** The file of an MPICH wheel that has already been downloaded. */
  readonly wheel?: string;
  /** A folder inside the project. */
  readonly folder: string;
}

/** The version of the wheel of MPICH, which has the standard ABI. */
const WHEEL = 'mpich==5.0.2';
const KOFFI = 'koffi@^3.3.0';
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** A program and its library that have summed numbers over two ranks. */
interface Working extends MpiInstallation {
  readonly mpiexec: string;
  readonly version: string;
}

/**
 * Makes MPI work in a project: the system's MPI, if two ranks of it compute the right sums, or else
 * the MPICH of a Python wheel, which needs no rights. Records the choice in node_modules for
 * `joinGroup` and `train --processes`. Installs koffi, which calls the library, if it is missing.
 *
 * Errors: a step that fails; the message names the log file. After an error, and after
 *         `Interrupted`, the project is unchanged.
 */
export async function setupMpi(
  { wheel, folder }: SetupMpiOptions,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const file = wheel === undefined ? undefined : resolve(wheel);
  if (file !== undefined && !existsSync(file))
    throw new InputError(`--wheel: no such file: ${wheel}`);
  const project = findProject(resolve(folder));
  const log = join(await mkdtemp(join(tmpdir(), 'boxprop-setup-')), 'log');
  const commands = new Commands(log, signal);
  // node_modules may be a link, so real paths are compared below.
  const home = join(realpathSync(project.modules), MPI_FOLDER);
  const stage = `${home}.${process.pid}`;
  const undo: (() => Promise<void>)[] = [() => rm(stage, { recursive: true, force: true })];
  try {
    await mkdir(stage);
    await provideKoffi(project, commands, stage, print, undo);
    const system = file === undefined ? await firstWorking(commands, print) : undefined;
    const working = system ?? (await installWheel(commands, stage, file, print));
    if (system && realpathSync(system.library).startsWith(`${home}/`)) {
      await rm(stage, { recursive: true });
      await rm(dirname(log), { recursive: true });
      return print(`${system.version} works, as before`);
    }
    const record = {
      ...(system === undefined
        ? { library: relative(stage, working.library), mpiexec: relative(stage, working.mpiexec) }
        : { library: system.library, mpiexec: system.mpiexec }),
      version: working.version,
    };
    await writeFile(join(stage, 'mpi.json'), `${JSON.stringify(record, undefined, 2)}\n`);
    await rm(home, { recursive: true, force: true });
    await rename(stage, home);
    print(`${working.version} works: two ranks computed the right sums`);
    print('train in two processes: npx boxprop train lenet --processes 2');
  } catch (error) {
    for (const step of undo.reverse()) await step();
    if (error instanceof BoxpropError) throw new InputError(`${error.message}; log: ${log}`);
    await rm(dirname(log), { recursive: true });
    throw error;
  }
  await rm(dirname(log), { recursive: true });
}

/**
 * Installs koffi beside boxprop, unless it is there. npm runs in a folder of its own, because in
 * the project it would remove packages that it did not install.
 */
async function provideKoffi(
  project: Project,
  commands: Commands,
  stage: string,
  print: (line: string) => void,
  undo: (() => Promise<void>)[],
): Promise<void> {
  const present = await import('koffi').then(
    () => true,
    () => false,
  );
  if (present) return;
  print('fetching koffi, which calls the MPI library');
  const room = join(stage, 'koffi');
  await mkdir(room);
  await writeFile(join(room, 'package.json'), JSON.stringify({ private: true }));
  const args = ['--prefix=.', 'install', '--no-audit', '--no-fund', '--ignore-scripts', KOFFI];
  const { ok, problem } = await commands.run('npm', args, { cwd: room, minutes: 10 });
  if (!ok) throw new InputError(`npm cannot install ${KOFFI}: ${problem}`);
  for (const name of ['koffi', '@koromix']) {
    const target = join(project.modules, name);
    if (existsSync(target)) continue;
    await rename(join(room, 'node_modules', name), target);
    undo.push(() => rm(target, { recursive: true, force: true }));
  }
  await rm(room, { recursive: true });
  print('koffi is not saved in package.json; npm install koffi saves it');
}

/**
 * Returns the first installation of the system that computes the right sums on two ranks, if there
 * is one.
 */
async function firstWorking(
  commands: Commands,
  print: (line: string) => void,
): Promise<Working | undefined> {
  const tried = new Set<string>();
  for (const { library, mpiexec } of findMpi()) {
    if (mpiexec === undefined || tried.has(`${mpiexec} ${library}`)) continue;
    tried.add(`${mpiexec} ${library}`);
    const { working, problem } = await check(commands, { library, mpiexec });
    if (working !== undefined) {
      print(`found ${working.version} (${library}) with ${mpiexec}`);
      return working;
    }
    print(`${mpiexec} with ${library} does not work: ${problem}`);
  }
  if (tried.size === 0) print('found no MPI on this machine');
  return undefined;
}

/** Unpacks the wheel of MPICH. */
async function installWheel(
  commands: Commands,
  stage: string,
  given: string | undefined,
  print: (line: string) => void,
): Promise<Working> {
  const python = process.env.PYTHON ?? 'python3';
  let file = given;
  if (file === undefined) {
    print(`downloading ${WHEEL}`);
    const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--dest', stage];
    const { ok, problem } = await commands.run(python, [...args, WHEEL], {
      cwd: stage,
      minutes: 10,
      env: { TMPDIR: stage },
    });
    const name = (await readdir(stage)).find((entry) => entry.endsWith('.whl'));
    if (!ok || name === undefined) {
      throw new InputError(
        `${WHEEL} cannot be downloaded (${problem}): install an MPI of the system, such as ` +
          'apt-get install mpich, or pass the wheel with --wheel FILE',
      );
    }
    file = join(stage, name);
  }
  const target = join(stage, 'wheel');
  await mkdir(target);
  const { ok, problem } = await commands.run(python, ['-c', UNPACK, file, target], {
    cwd: stage,
    minutes: 5,
  });
  if (!ok) throw new InputError(`${file}: cannot be unpacked: ${problem}`);
  if (given === undefined) await rm(file);
  const programs = join(target, 'bin');
  for (const program of await readdir(programs)) await chmod(join(programs, program), 0o755);
  const installation = {
    library: join(target, 'lib/libmpi_abi.so.1'),
    mpiexec: join(programs, 'mpiexec'),
  };
  const { working, problem: reason } = await check(commands, installation);
  if (working !== undefined) return working;
  throw new InputError(`the MPICH of the wheel was unpacked but does not work: ${reason}`);
}

/** A Python program that extracts the programs and libraries of MPICH's wheel. */
const UNPACK = `
import os, shutil, sys, zipfile
wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    inside = {name.split(".data/data/", 1)[1]: name for name in archive.namelist() if ".data/data/" in name and not name.endswith("/")}
    if "bin/mpiexec" not in inside or "lib/libmpi_abi.so.1" not in inside:
        sys.exit("Error: expected a wheel of mpich with bin/mpiexec and lib/libmpi_abi.so.1")
    for name, entry in inside.items():
        if name.startswith(("bin/", "lib/")) and ".." not in name:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(entry) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
`;

/** Runs the check on two ranks. */
async function check(
  commands: Commands,
  { library, mpiexec }: MpiInstallation & { readonly mpiexec: string },
): Promise<{ readonly working?: Working; readonly problem: string }> {
  let version: string;
  try {
    ({ version } = await MpiLibrary.load(library));
  } catch (error) {
    return { problem: error instanceof Error ? error.message : show(error) };
  }
  const program = fileURLToPath(new URL(`checkMpi${EXTENSION}`, import.meta.url));
  const { ok, output, problem } = await commands.run(
    mpiexec,
    ['-n', '2', process.execPath, ...process.execArgv, program],
    {
      cwd: process.cwd(),
      minutes: 2,
      env: { ...LAUNCH_ENVIRONMENT, [MPI_VARIABLE]: library },
    },
  );
  if (ok && output.includes('{"ranks":2}'))
    return { working: { library, mpiexec, version }, problem };
  return { problem: ok ? 'the two ranks do not know each other' : problem };
}
