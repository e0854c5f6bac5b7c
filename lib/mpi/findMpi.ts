import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ancestors } from '../files/ancestors.ts';
import { isObject } from '../isObject.ts';
import { parseJson } from '../parseJson.ts';

/** An MPI installation. */
export interface MpiInstallation {
  /** The file or the name of the library, such as `libmpi.so.40`. */
  readonly library: string;
  /** The program that starts the ranks; undefined if only the library is known. */
  readonly mpiexec?: string;
}

/** The folder in node_modules where `setup mpi` puts the wheel and its record, `mpi.json`. */
export const MPI_FOLDER = '.boxprop-mpi';
/** The environment variable that names the library, before any other place. */
export const MPI_VARIABLE = 'BOXPROP_MPI';

/** The names of the libraries of Open MPI, MPICH, Intel MPI and the standard ABI. */
const NAMES = ['libmpi.so.40', 'libmpi.so.12', 'libmpich.so.12', 'libmpi_abi.so.1'];
const OF_OPEN_MPI = ['libmpi.so.40', 'libmpi.40.dylib'];
const OF_MPICH = ['libmpi.so.12', 'libmpich.so.12', 'libmpi.12.dylib'];
const MAC = ['libmpi.40.dylib', 'libmpi.12.dylib', 'libmpi_abi.1.dylib'];

/**
 * Returns the MPI installations that may be on this machine, most likely first: the one in
 * `BOXPROP_MPI`, the one that `boxprop setup mpi` has recorded, the ones that belong to each
 * `mpiexec` in the path, and the libraries that the system's loader finds by name. The libraries of
 * the last two kinds may not exist.
 */
export function findMpi(env: NodeJS.ProcessEnv = process.env): MpiInstallation[] {
  const { [MPI_VARIABLE]: named, PATH = '' } = env;
  const names = process.platform === 'darwin' ? MAC : NAMES;
  const found: MpiInstallation[] = [];
  if (named !== undefined) {
    const programs = [join(dirname(dirname(named)), 'bin'), ...PATH.split(delimiter)];
    const mpiexec = programs.map((folder) => join(folder, 'mpiexec')).find(existsSync);
    found.push({ library: named, ...(mpiexec !== undefined && { mpiexec }) });
  }
  const recorded = readRecord();
  if (recorded !== undefined) found.push(recorded);
  for (const folder of PATH.split(delimiter)) {
    for (const program of ['mpiexec', 'mpiexec.mpich', 'mpiexec.openmpi']) {
      const mpiexec = join(folder, program);
      if (folder === '' || !existsSync(mpiexec)) continue;
      for (const library of besides(realpathSync(mpiexec), names)) found.push({ library, mpiexec });
    }
  }
  return [...found, ...names.map((library) => ({ library }))];
}

/**
 * Returns the paths that a program's libraries usually have. If the name of the program shows its
 * kind, libraries of the other kind are left out, because Debian has the programs of both kinds in
 * one folder.
 */
function besides(program: string, names: readonly string[]): string[] {
  const root = dirname(dirname(program));
  const [machine] = [{ x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch];
  const { base } = parse(program);
  const isOpenMpi = /^(orte|prte)run|openmpi/.test(base);
  const isMpich = /mpich|hydra/.test(base);
  const isOfOther = (name: string) =>
    (isMpich && OF_OPEN_MPI.includes(name)) || (isOpenMpi && OF_MPICH.includes(name));
  return ['lib', 'lib64', `lib/${machine}-linux-gnu`]
    .flatMap((folder) =>
      names.filter((name) => !isOfOther(name)).map((name) => join(root, folder, name)),
    )
    .filter((file) => existsSync(file));
}

/**
 * Reads the record of `boxprop setup mpi` from the nearest node_modules that has one. Returns
 * undefined if there is none, or if its files no longer exist.
 */
function readRecord(): MpiInstallation | undefined {
  const starts = [fileURLToPath(new URL('.', import.meta.url)), process.cwd()];
  for (const folder of starts.flatMap(ancestors)) {
    const home = join(folder, 'node_modules', MPI_FOLDER);
    const file = join(home, 'mpi.json');
    if (!existsSync(file)) continue;
    const record = parseJson(file, readFileSync(file, 'utf8'));
    if (!isObject(record) || typeof record.library !== 'string') continue;
    // The paths of a wheel are relative, so that the project can be moved.
    const { library, mpiexec } = record;
    const program = typeof mpiexec === 'string' ? { mpiexec: within(home, mpiexec) } : {};
    const installation = { library: within(home, library), ...program };
    // The recorded files may have been removed since.
    if (Object.values(installation).every((path) => !isAbsolute(path) || existsSync(path)))
      return installation;
  }
  return undefined;
}

function within(home: string, path: string): string {
  return path.startsWith('wheel/') ? join(home, path) : path;
}
