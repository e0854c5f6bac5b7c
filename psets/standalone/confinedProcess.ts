import { spawn, type ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import type { StartProcess } from '../grader/student.ts';
import { endGroup, type StudentUser } from './studentUser.ts';

/**
 * Returns a function that starts the process of a student's file with few rights: as another user
 * if possible, without environment variables, and with Node's permission model, so that it can read
 * only its own folder, write nothing, and start no process.
 *
 * @param program the source of the program `studentProgram`. It is passed as text, because the
 *                process may not read the file of the grader.
 * @param node the path of Node, which the user must be allowed to run.
 */
export function confinedProcess(program: string, node: string, user?: StudentUser): StartProcess {
  return (file, { seconds, memory }) => {
    const folder = dirname(file);
    const child: ChildProcess = spawn(
      node,
      [
        `--max-old-space-size=${memory}`,
        permissionFlag(),
        `--allow-fs-read=${folder}/*`,
        // The hooks of imports and the limit of processor time are threads.
        '--allow-worker',
        '--no-warnings',
        '--experimental-detect-module',
        '--input-type=module',
        '--eval',
        program,
        'student',
        file,
        String(seconds),
        String(memory),
      ],
      {
        cwd: folder,
        env: {},
        ...user,
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        serialization: 'advanced',
        // A group of its own, which is ended as a whole.
        detached: true,
      },
    );
    child.once('exit', () => {
      if (child.pid !== undefined) endGroup(child.pid);
    });
    return child;
  };
}

/** Node 20 has the permission model under an older name. */
function permissionFlag(): string {
  const current = '--permission';
  return process.allowedNodeEnvironmentFlags.has(current) ? current : '--experimental-permission';
}
