import { spawnSync } from 'node:child_process';
import { chmodSync, constants, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { unusedUser, type StudentUser } from './studentUser.ts';

/** How the student's process is started. */
export interface NodeFor {
  /** The path of Node. */
  readonly node: string;
  /** The user of the process. Is missing if this process cannot change users. */
  readonly user?: StudentUser;
}

/**
 * Finds out as which user Node can be started. If only the folder of Node is closed to other users,
 * Node is copied to a folder that they can read.
 *
 * @param folder an existing folder that every user can read.
 */
export function prepareNode(folder: string): NodeFor {
  const node = process.execPath;
  const user = unusedUser();
  if (user === undefined) return { node };
  if (starts(node, user)) return { node, user };
  const copy = join(folder, 'node');
  copyFileSync(node, copy, constants.COPYFILE_FICLONE);
  chmodSync(copy, 0o755);
  return starts(copy, user) ? { node: copy, user } : { node };
}

function starts(node: string, user: StudentUser): boolean {
  return (
    spawnSync(node, ['--version'], { ...user, cwd: '/', env: {}, stdio: 'ignore' }).status === 0
  );
}
