import { existsSync, realpathSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../lib/errors.ts';
import type { Commands } from './commands.ts';

/** The tools that a build needs, apart from npm and its node-gyp. */
export interface Tools {
  /** The Python command. */
  readonly python: string;
  /**
   * A folder in which `include/node` has Node's headers; undefined if node-gyp must download them.
   */
  readonly nodedir: string | undefined;
}

const MINUTES = 15;
const LOADER = fileURLToPath(new URL('loader.c', import.meta.url));

/**
 * Finds the tools for the build, before anything large is downloaded.
 *
 * Errors: the first missing tool, with the command that installs it on Debian.
 * @param pip whether pip is needed, to download a wheel.
 */
export async function findTools(commands: Commands, cwd: string, pip: boolean): Promise<Tools> {
  const runs = async (command: string, ...args: string[]) =>
    (await commands.run(command, args, { cwd, minutes: 1 })).ok;
  const python = process.env.PYTHON ?? 'python3';
  const needs: readonly (readonly [string, string, readonly string[]])[] = [
    [python, 'python3', ['--version']],
    ...(pip ? ([[python, 'python3-pip', ['-m', 'pip', '--version']]] as const) : []),
    ['make', 'build-essential', ['--version']],
    [process.env.CXX ?? 'g++', 'build-essential', ['--version']],
  ];
  for (const [command, debian, args] of needs) {
    if (!(await runs(command, ...args))) {
      const tool = args.length > 1 ? `pip in ${command}` : command;
      throw new InputError(
        `to build tfjs-node's addon: expected ${tool}, got none: apt-get install ${debian}`,
      );
    }
  }
  return { python, nodedir: nodedir() };
}

/**
 * Returns the folder with Node's headers. It is the one that is configured in npm, or the prefix of
 * the running Node; undefined if neither has the headers.
 */
function nodedir(): string | undefined {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return [process.env.npm_config_nodedir, prefix].find(
    (folder) =>
      folder !== undefined &&
      ['node_api.h', 'common.gypi'].every((file) => existsSync(join(folder, 'include/node', file))),
  );
}

/**
 * Builds the addon of tfjs-node, and a small addon that loads it (loader.c). The small addon is put
 * at the path where tfjs-node looks for its addon.
 *
 * Errors: a build that fails.
 * @param stage the npm project in which tfjs-node is installed; its script `node-gyp` runs npm's
 *   node-gyp.
 * @param folder the folder of tfjs-node; its `deps/` has TensorFlow's libraries and headers.
 */
export async function buildAddon(
  commands: Commands,
  { python, nodedir }: Tools,
  stage: string,
  folder: string,
): Promise<void> {
  // The linker needs file names without a version. The library itself contains the name of the file
  // that will be loaded at run time.
  const library = join(folder, 'deps/lib');
  await symlink('libtensorflow_cc.so.2', join(library, 'libtensorflow.so'));
  await symlink('libtensorflow_framework.so.2', join(library, 'libtensorflow_framework.so'));
  const gyp = async (directory: string, ...options: readonly string[]) => {
    const { ok, problem } = await commands.run(
      'npm',
      [
        '--prefix=.',
        'run',
        'node-gyp',
        '--',
        'configure',
        'build',
        `--directory=${directory}`,
        `--python=${python}`,
        ...(nodedir === undefined ? [] : [`--nodedir=${nodedir}`]),
        ...options,
      ],
      { cwd: stage, minutes: MINUTES },
    );
    if (ok) return;
    const headers =
      nodedir === undefined
        ? `; Node's headers are not beside ${process.execPath}: apt-get install libnode-dev`
        : '';
    throw new InputError(`tfjs-node's addon cannot be built: ${problem}${headers}`);
  };
  const output = join(folder, 'lib/napi-v8');
  await gyp(
    folder,
    '--module_name=tfjs_binding',
    `--module_path=${output}`,
    '--napi_build_version=8',
  );
  await rm(join(folder, 'build'), { recursive: true });
  await rename(join(output, 'tfjs_binding.node'), join(output, 'tfjs_addon.node'));
  const loader = join(stage, 'loader');
  await mkdir(loader);
  await copyFile(LOADER, join(loader, 'loader.c'));
  const targets = [{ target_name: 'tfjs_binding', sources: ['loader.c'] }];
  await writeFile(join(loader, 'binding.gyp'), JSON.stringify({ targets }));
  await gyp(loader);
  await copyFile(
    join(loader, 'build/Release/tfjs_binding.node'),
    join(output, 'tfjs_binding.node'),
  );
}
