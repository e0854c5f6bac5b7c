import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from '../../../lib/files/folderLock.ts';
import { startOf } from '../../../lib/files/isRunning.ts';

describe('lockFolder', () => {
  let folder: string;
  const file = () => join(folder, 'lock');
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'boxprop-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('holds a folder until it is unlocked', async () => {
    const unlock = await lockFolder(folder);
    expect(readFileSync(file(), 'utf8').split(' ')[0]).toBe(String(process.pid));
    // The same process cannot lock the folder twice either.
    await expect(lockFolder(folder)).rejects.toThrow(`got process ${process.pid};`);
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

  const because = process.platform === 'linux' ? '' : ' (skipped: no /proc)';
  const onLinux = because === '' ? it : it.skip;
  onLinux(
    `takes over a lock whose process has ended and whose id another has now${because}`,
    async () => {
      const start = startOf(process.ppid);
      expect(start).toMatch(/^\d+$/);
      writeFileSync(file(), `${process.ppid} ${start} ${hostname()}`);
      await expect(lockFolder(folder)).rejects.toThrow(`got process ${process.ppid};`);
      writeFileSync(file(), `${process.ppid} ${Number(start) - 1} ${hostname()}`);
      await (
        await lockFolder(folder)
      )();
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('takes over the lock of another machine only after five minutes without a sign', async () => {
    writeFileSync(file(), '1 5 elsewhere');
    await expect(lockFolder(folder)).rejects.toThrow('got process 1 of "elsewhere";');
    const before = Date.now() / 1000 - 301;
    utimesSync(file(), before, before);
    await (
      await lockFolder(folder)
    )();
  });

  it('lets one of many processes take over an abandoned lock', async () => {
    writeFileSync(file(), '999999999 5 ');
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['lock']);
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
