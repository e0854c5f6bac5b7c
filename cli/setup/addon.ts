import { existsSync, realpathSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../../lib/errors.ts';
import type { Commands } from './commands.ts';

/** What a build needs besides npm and node-gyp, which comes with npm. */
export interface Tools {
  readonly python: string;
  /** The folder whose `include/node` has Node's headers; undefined where node-gyp must download them. */
  readonly nodedir: string | undefined;
}

const MINUTES = 15;

/**
 * Finds what the build needs, before anything large is downloaded.
 *
 * Errors: the first that is missing, with the command that installs it on Debian.
 * @param pip whether a wheel must be downloaded.
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
      const what = args.length > 1 ? `pip in ${command}` : command;
      throw new InputError(
        `to build tfjs-node's addon: expected ${what}, got none: apt-get install ${debian}`,
      );
    }
  }
  return { python, nodedir: nodedir() };
}

/** Beside the Node that runs, as its tarballs and Debian lay it out, or where npm is told that it is. */
function nodedir(): string | undefined {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return [process.env.npm_config_nodedir, prefix].find(
    (folder) =>
      folder !== undefined &&
      ['node_api.h', 'common.gypi'].every((file) => existsSync(join(folder, 'include/node', file))),
  );
}

/**
 * Builds the addon of tfjs-node in `folder`, whose `deps/` has TensorFlow's libraries and headers, into the place where
 * tfjs-node looks for it.
 *
 * Errors: the build fails.
 * @param stage the npm project around it; its script `node-gyp` runs the node-gyp that npm brings.
 */
export async function buildAddon(
  commands: Commands,
  { python, nodedir }: Tools,
  stage: string,
  folder: string,
): Promise<void> {
  // The linker asks for names without a version, and what it finds names the file that is loaded.
  const library = join(folder, 'deps/lib');
  await symlink('libtensorflow_cc.so.2', join(library, 'libtensorflow.so'));
  await symlink('libtensorflow_framework.so.2', join(library, 'libtensorflow_framework.so'));
  const { ok, problem } = await commands.run(
    'npm',
    [
      '--prefix=.',
      'run',
      'node-gyp',
      '--',
      'configure',
      'build',
      `--directory=${folder}`,
      `--python=${python}`,
      ...(nodedir === undefined ? [] : [`--nodedir=${nodedir}`]),
      '--module_name=tfjs_binding',
      `--module_path=${join(folder, 'lib/napi-v8')}`,
      '--napi_build_version=8',
    ],
    { cwd: stage, minutes: MINUTES },
  );
  if (!ok) {
    const headers =
      nodedir === undefined
        ? `; Node's headers are not beside ${process.execPath}: apt-get install libnode-dev`
        : '';
    throw new InputError(`tfjs-node's addon cannot be built: ${problem}${headers}`);
  }
  await rm(join(folder, 'build'), { recursive: true });
}
