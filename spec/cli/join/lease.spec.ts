import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lease, LeaseWatch } from '../../../cli/join/lease.ts';
import { startOf } from '../../../lib/files/isRunning.ts';
import { processName } from '../../../lib/files/processName.ts';

let folder: string;
const file = () => join(folder, 'trial-1.fold-1.lease-0');
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'boxprop-lease-'))));
afterEach(() => rmSync(folder, { recursive: true }));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A watch of leases of 1000 ms, and a function that sets its clock. */
function watchAt(start: number) {
  let now = start;
  const watch = new LeaseWatch(1000, () => now);
  return { isExpiredAt: (time: number) => ((now = time), watch.isExpired(file())), watch };
}
const ELSEWHERE = '000000000007 4711 99 pid:[1] node 3\n';

describe('Lease', () => {
  it('is taken by one of many, renewed, and released', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => Lease.take(file(), 40)));
    const leases = all.filter((lease) => lease !== undefined);
    expect(leases).toHaveLength(1);
    const [before, name] = readFileSync(file(), 'utf8').split(/ (.*)\n/s);
    expect(name).toBe(processName());
    while (readFileSync(file(), 'utf8').startsWith(before)) await pause(5);
    await leases[0].release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that is gone, because the work is done, is not created again', async () => {
    const lease = await Lease.take(file(), 20);
    rmSync(file());
    await pause(60);
    expect(existsSync(file())).toBe(false);
    await lease?.release();
  });

  it('that was released is not removed again from its next holder', async () => {
    const lease = await Lease.take(file(), 20);
    await lease?.release();
    const next = await Lease.take(file(), 20);
    await lease?.release();
    expect(existsSync(file())).toBe(true);
    await next?.release();
  });
});

describe('LeaseWatch', () => {
  it('lets a lease expire whose content has not changed for its duration', async () => {
    const { isExpiredAt, watch } = watchAt(5000);
    writeFileSync(file(), ELSEWHERE);
    for (const time of [5000, 5400, 5800, 5999]) expect(await isExpiredAt(time)).toBe(false);
    expect(await isExpiredAt(6000)).toBe(true);
    expect(watch.holderOf(file())).toBe('process 4711 of node 3');
  });

  it('begins anew with each renewal', async () => {
    const { isExpiredAt } = watchAt(0);
    writeFileSync(file(), ELSEWHERE);
    for (const time of [0, 400, 800]) expect(await isExpiredAt(time)).toBe(false);
    writeFileSync(file(), ELSEWHERE.replace('7', '8'));
    for (const time of [1200, 1600, 2000]) expect(await isExpiredAt(time)).toBe(false);
    expect(await isExpiredAt(2200)).toBe(true);
  });

  it('begins anew if this process did not look, for it may have been stopped as well', async () => {
    const { isExpiredAt } = watchAt(0);
    writeFileSync(file(), ELSEWHERE);
    expect(await isExpiredAt(0)).toBe(false);
    expect(await isExpiredAt(3000)).toBe(false);
    expect(await isExpiredAt(3500)).toBe(false);
    expect(await isExpiredAt(4000)).toBe(true);
  });

  it('does not let a lease expire that is gone', async () => {
    const { isExpiredAt } = watchAt(0);
    expect(await isExpiredAt(0)).toBe(false);
  });

  it('lets the lease of a killed process of this machine expire at once', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)']);
    const name = processName().split(' ').slice(2).join(' ');
    const pid = child.pid ?? 0;
    writeFileSync(file(), `000000000001 ${pid} ${startOf(pid) || '-'} ${name}\n`);
    const { isExpiredAt } = watchAt(0);
    expect(await isExpiredAt(0)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isExpiredAt(1)).toBe(true);
    // Whether a process of another machine or of a container has ended cannot be known from its id.
    for (const other of [name.replace(hostname(), 'other'), `pid:[1] ${hostname()}`]) {
      writeFileSync(file(), `000000000001 ${pid} - ${other}\n`);
      expect(await isExpiredAt(2)).toBe(false);
    }
  });
});
