import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../../lib/errors.ts';
import { systemCode } from '../../lib/files/systemError.ts';
import type { Commands } from './commands.ts';
import { TFJS_VERSION, versionOf, type Project } from './project.ts';

const PREFIX = '.boxprop-setup.';

/**
 * Arguments for npm. Without this prefix, npm would work on the project that contains node_modules.
 */
const HERE = ['--prefix=.'];
const QUIET = ['--no-audit', '--no-fund'];

const DEPENDENCIES = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
type Manifest = Partial<Record<(typeof DEPENDENCIES)[number], Record<string, string>>>;

/**
 * A hidden npm project in the node_modules of the user's project, in which tfjs-node is installed
 * and checked before it is moved into the user's project. Its packages find those of the user's
 * project in the folder above, such as tfjs-core. After a failure it is removed, and nothing else
 * has changed.
 */
export class Stage {
  /** The user's project. */
  readonly project: Project;
  /** The folder of the stage. */
  readonly folder: string;
  /** `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`. */
  readonly name: string;

  private constructor(project: Project, name: string) {
    this.project = project;
    this.name = name;
    this.folder = join(project.modules, `${PREFIX}${process.pid}`);
  }

  /** Creates a stage in which tfjs-node or tfjs-node-gpu can be installed. */
  static async open(project: Project, name: string): Promise<Stage> {
    const stage = new Stage(project, name);
    await removeLeftovers(project.modules);
    await mkdir(stage.folder);
    // npm puts its node-gyp into the path of the scripts that it runs.
    const manifest = { private: true, scripts: { 'node-gyp': 'node-gyp' } };
    await writeFile(join(stage.folder, 'package.json'), JSON.stringify(manifest));
    // .npmrc may configure registries and proxies.
    await copyFile(join(project.folder, '.npmrc'), join(stage.folder, '.npmrc')).catch(
      ignoreMissing,
    );
    return stage;
  }

  /** Removes the stage. */
  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** Returns the path of tfjs-node in the stage. */
  get staged(): string {
    return join(this.folder, 'node_modules', this.name);
  }

  /** Returns the path of tfjs-node in the project. */
  get target(): string {
    return join(this.project.modules, this.name);
  }

  /** Installs tfjs-node from the registry without running its install script. */
  async install(commands: Commands): Promise<void> {
    const { ok, problem } = await commands.run(
      'npm',
      [...HERE, 'install', ...QUIET, '--ignore-scripts', `${this.name}@${TFJS_VERSION}`],
      { cwd: this.folder, minutes: 15 },
    );
    if (!ok) throw new InputError(`npm cannot install ${this.name}@${TFJS_VERSION}: ${problem}`);
    // If the project already has a package, the copy in the stage is removed, because two copies of
    // tfjs-core cannot use each other's tensors.
    const scope = join('node_modules', '@tensorflow');
    for (const other of await readdir(join(this.folder, scope))) {
      const [ours, theirs] = [
        join(this.folder, scope, other),
        join(this.project.modules, '@tensorflow', other),
      ];
      if (ours !== this.staged && versionOf(theirs) === versionOf(ours))
        await rm(ours, { recursive: true });
    }
  }

  /** Runs tfjs-node's own install script. */
  officialInstall(commands: Commands) {
    return commands.run('npm', [...HERE, 'rebuild', '--foreground-scripts', this.name], {
      cwd: this.folder,
      minutes: 10,
    });
  }

  /**
   * Adds tfjs-node to the project's package.json and moves the files of its install script into the
   * project.
   *
   * Errors: a failure of npm; package.json and package-lock.json are then restored.
   */
  async save(commands: Commands): Promise<void> {
    const files = ['package.json', 'package-lock.json'].map((file) =>
      join(this.project.folder, file),
    );
    const before = await Promise.all(files.map((file) => readFile(file).catch(ignoreMissing)));
    try {
      const { ok, problem } = await commands.run(
        'npm',
        ['install', ...QUIET, '--save', '--ignore-scripts', `${this.name}@${TFJS_VERSION}`],
        { cwd: this.project.folder, minutes: 15 },
      );
      if (!ok)
        throw new InputError(
          `npm cannot install ${this.name} in ${this.project.folder}: ${problem}`,
        );
    } catch (error) {
      await Promise.all(
        files.map((file, i) => {
          const content = before[i];
          return content === undefined ? rm(file, { force: true }) : writeFile(file, content);
        }),
      );
      throw error;
    }
    for (const part of ['deps', 'lib']) {
      await rm(join(this.target, part), { recursive: true, force: true });
      await rename(join(this.staged, part), join(this.target, part));
    }
  }

  /** Returns whether the project's package.json lists tfjs-node. */
  isSaved(): boolean {
    const manifest = JSON.parse(
      readFileSync(join(this.project.folder, 'package.json'), 'utf8'),
    ) as Manifest;
    return DEPENDENCIES.some((kind) => manifest[kind]?.[this.name] !== undefined);
  }

  /**
   * Moves all other packages of the stage into the node_modules folder of tfjs-node, so that they
   * do not replace packages of the project.
   */
  async nest(): Promise<void> {
    const modules = join(this.folder, 'node_modules');
    for (const name of await packagesIn(modules)) {
      if (name === this.name) continue;
      const inside = join(this.staged, 'node_modules', name);
      await mkdir(dirname(inside), { recursive: true });
      await rename(join(modules, name), inside);
    }
  }

  /** Moves tfjs-node into the project. It replaces a tfjs-node that does not work. */
  async place(): Promise<void> {
    const old = join(this.folder, 'old');
    const replaces = existsSync(this.target);
    if (replaces) await rename(this.target, old);
    try {
      await rename(this.staged, this.target);
    } catch (error) {
      if (replaces) await rename(old, this.target);
      throw error;
    }
  }
}

/** Removes stages that killed processes have left behind. */
async function removeLeftovers(modules: string): Promise<void> {
  for (const entry of await readdir(modules)) {
    const pid = entry.startsWith(PREFIX) ? Number(entry.slice(PREFIX.length)) : NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(join(modules, entry), { recursive: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

async function packagesIn(modules: string): Promise<string[]> {
  const names = (await readdir(modules)).filter((entry) => !entry.startsWith('.'));
  const inScopes = names.map(async (name) =>
    name.startsWith('@')
      ? (await readdir(join(modules, name))).map((inner) => `${name}/${inner}`)
      : [name],
  );
  return (await Promise.all(inScopes)).flat();
}

function ignoreMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
