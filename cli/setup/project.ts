import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ancestors } from '../../lib/files/ancestors.ts';
import { InputError } from '../../lib/errors.ts';

/** The version of TensorFlow.js that boxprop works with. */
export const TFJS_VERSION = '4.22.0';
const CORE = '@tensorflow/tfjs-core';

/** An npm project that uses boxprop. */
export interface Project {
  /** The folder of its package.json. */
  readonly folder: string;
  /**
   * The node_modules folder that contains the project's tfjs-core. tfjs-node must be installed in
   * the same folder.
   */
  readonly modules: string;
}

/**
 * Finds the npm project around a folder.
 *
 * Errors: no project; a project without tfjs-core; a tfjs-core that is not the one that boxprop
 *         uses, because two copies cannot use each other's tensors; a tfjs-core whose version is
 *         not the one that tfjs-node needs, because npm would install a second copy.
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

/**
 * Throws if there is a second copy of tfjs-core.
 *
 * Errors: a file outside the project's tfjs-core.
 * @param files the files of tfjs-core that are in use.
 * @param user the package that uses them, for messages.
 */
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

/** Returns the version of the package in a folder, or undefined if there is no package. */
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
