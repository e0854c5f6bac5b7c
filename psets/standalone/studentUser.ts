import { readdirSync, readFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';

/** The user and group of a student's process. */
export interface StudentUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Returns a user that owns no file and has no other process, if this process may change users.
 * Otherwise returns undefined, and the student's process runs as the user of this process.
 */
export function unusedUser(): StudentUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = [...text('/etc/passwd').matchAll(/^[^:]*:[^:]*:(\d+):/gm)].map(([, uid]) =>
    Number(uid),
  );
  const taken = new Set([...known, ...processes().map(({ uid }) => uid)]);
  let id = randomInt(20_000, 60_000);
  while (taken.has(id)) id = randomInt(20_000, 60_000);
  return { uid: id, gid: id };
}

/**
 * Ends all processes of a student's user. A process that has left the group of the student's
 * process is among them. Since a process can start another one at the same time, this is repeated.
 */
export function endProcesses({ uid }: StudentUser): void {
  for (let round = 0; round < 100; round++) {
    const left = processes().filter((one) => one.uid === uid);
    if (left.length === 0) return;
    for (const { pid } of left) end(pid);
  }
}

/** Ends a process and the processes of its group. */
export function endGroup(pid: number): void {
  end(-pid);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * Returns the processes of this machine, as Linux lists them. Zombies have ended, and are left out.
 */
function processes(): { pid: number; uid: number }[] {
  return listed('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const status = text(`/proc/${name}/status`);
    const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1];
    const zombie = /^State:\s+[ZX]/m.test(status);
    return uid === undefined || zombie ? [] : [{ pid: Number(name), uid: Number(uid) }];
  });
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
