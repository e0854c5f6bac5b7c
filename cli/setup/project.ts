import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InputError } from '../../lib/errors.ts';

export const TFJS_VERSION = '4.22.0';
const CORE = '@tensorflow/tfjs-core';

/** An npm project that uses boxprop. */
export interface Project {
  /** The folder of its package.json. */
  readonly folder: string;
  /** The node_modules that has its tfjs-core: tfjs-node belongs beside it. */
  readonly modules: string;
}

/**
 * The project that a folder is in.
 *
 * Errors: none; one without tfjs-core, or with one that is not boxprop's: tensors of the one are unknown to the other;
 *         a tfjs-core that is not of tfjs-node's version, which npm would then give a second one.
 */
export function findProject(from: string): Project {
  const folder = ancestors(from).find((path) => existsSync(join(path, 'package.json')));
  if (folder === undefined) {
    throw new InputError(
      `${from}: expected an npm project, got no package.json here or above: npm init -y`,
    );
  }
  const modules = ancestors(folder)
    .map((path) => join(path, 'node_modules'))
    .find((path) => existsSync(join(path, CORE, 'package.json')));
  if (modules === undefined) {
    throw new InputError(
      `${folder}: expected ${CORE}, got none: npm install boxprop ${CORE}@${TFJS_VERSION}`,
    );
  }
  const version = versionOf(join(modules, CORE));
  if (version !== TFJS_VERSION) {
    throw new InputError(
      `${folder}: expected ${CORE} ${TFJS_VERSION}, as tfjs-node needs it, got ${version}: ` +
        `npm install ${CORE}@${TFJS_VERSION}`,
    );
  }
  const project = { folder, modules };
  refuseSecondCore(project, [createRequire(import.meta.url).resolve(CORE)], 'boxprop');
  return project;
}

/** Errors: a file of another tfjs-core than the project's. */
export function refuseSecondCore(
  { modules }: Project,
  files: readonly string[],
  user: string,
): void {
  const core = realpathSync(join(modules, CORE));
  const other = files
    .map((file) => realpathSync(file))
    .find((file) => !file.startsWith(join(core, '/')));
  if (other !== undefined) {
    throw new InputError(
      `expected one ${CORE}, that in ${core}, but ${user} uses ${other}: install both in one project, by npm install`,
    );
  }
}

/** The version of the package in a folder; undefined without one. */
export function versionOf(folder: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : undefined;
  } catch {
    return undefined;
  }
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
