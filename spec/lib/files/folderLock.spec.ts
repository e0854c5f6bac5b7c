import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from '../../../lib/files/folderLock.ts';

describe('lockFolder', () => {
  let folder: string;
  const file = () => join(folder, 'lock');
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'boxprop-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('holds a folder until it is unlocked', async () => {
    const unlock = await lockFolder(folder);
    expect(readFileSync(file(), 'utf8')).toBe(String(process.pid));
    await unlock();
    expect(existsSync(file())).toBe(false);
  });

  it('refuses a folder that a running process holds, and takes it over after that process was killed', async () => {
    // The timer ends the process even if a later check fails.
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)']);
    writeFileSync(file(), String(other.pid));
    await expect(lockFolder(folder)).rejects.toThrow(
      `expected no other process at work in "${folder}", got process ${other.pid}; if it is an unrelated process, delete ${file()}`,
    );
    expect(readFileSync(file(), 'utf8')).toBe(String(other.pid));
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (
      await lockFolder(folder)
    )();
  });

  it('waits for a process id that is not written yet, and then refuses', async () => {
    writeFileSync(file(), '');
    await expect(lockFolder(folder)).rejects.toThrow(
      `in "${folder}", got one; if it is an unrelated process`,
    );
  });

  it('reports the error of a folder that cannot be written', async () => {
    await expect(lockFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
