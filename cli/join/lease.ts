import { open, rm } from 'node:fs/promises';
import { InputError } from '../../lib/errors.ts';
import { createFile } from '../../lib/files/createFile.ts';
import { hasEnded, processName } from '../../lib/files/processName.ts';
import { readRegularText } from '../../lib/files/readFile.ts';
import { systemCode } from '../../lib/files/systemError.ts';

/** The number of times that a holder renews its lease in the duration of the lease. */
const BEATS = 4;

/**
 * A lease that this process holds: a file that it renews by writing another number into it. The
 * lease expires for another process if the content does not change for the duration of the lease.
 * No clocks of two machines are compared, and no lock of the file system is used.
 *
 * A lease decides who should do some work, not whose work counts: a process that was stopped for
 * longer than its lease does not know it until it runs again, so two processes may do the same
 * work. Publish the result by `createFile`, which only one of them can do.
 */
export class Lease {
  readonly #file: string;
  readonly #timer: NodeJS.Timeout;
  #beat = 0;
  #writing: Promise<void> = Promise.resolve();
  #released: Promise<void> | undefined;

  private constructor(file: string, duration: number) {
    this.#file = file;
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#renew());
    }, duration / BEATS);
  }

  /**
   * Takes a lease by creating its file.
   *
   * @param duration the duration in milliseconds.
   * @returns undefined if the file exists.
   */
  static async take(file: string, duration: number): Promise<Lease | undefined> {
    return (await createFile(file, contentAt(0))) ? new Lease(file, duration) : undefined;
  }

  /** Stops renewing the lease, and removes its file, which another process may then create. */
  release(): Promise<void> {
    clearInterval(this.#timer);
    this.#released ??= this.#writing.then(() => rm(this.#file, { force: true }));
    return this.#released;
  }

  async #renew(): Promise<void> {
    try {
      // `r+` does not create the file: if another process has finished the work, it is gone.
      const handle = await open(this.#file, 'r+');
      try {
        await handle.write(contentAt(++this.#beat), 0);
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      // If the disk fails for longer than the lease, another process does the work too.
      if (systemCode(error) === undefined) throw error;
    }
  }
}

/**
 * Returns the content of a lease. It never becomes shorter, so that it completely overwrites the
 * content before it.
 */
function contentAt(beat: number): string {
  return `${String(beat).padStart(12, '0')} ${processName()}\n`;
}

/** The content of a lease, and the time since which it has not changed. */
interface Observation {
  readonly content: string;
  readonly since: number;
  readonly last: number;
}

/**
 * Observes the leases of other processes. It compares the content of a file with that of earlier
 * calls, and measures the time by this machine's monotonic clock.
 */
export class LeaseWatch {
  readonly #duration: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, Observation>();

  /**
   * @param duration the duration of the leases, in milliseconds.
   * @param now the monotonic clock, in milliseconds.
   */
  constructor(duration: number, now: () => number = () => performance.now()) {
    this.#duration = duration;
    this.#now = now;
  }

  /**
   * Returns whether a lease has expired: its content has not changed for the duration, or its
   * holder was a process of this machine that has ended. Call it several times per duration. After
   * a longer pause, in which this process may have been stopped together with the holder, the
   * observation begins anew.
   */
  async isExpired(file: string): Promise<boolean> {
    const content = await this.#read(file);
    // The holder has released the lease.
    if (content === undefined) {
      this.#seen.delete(file);
      return false;
    }
    const now = this.#now();
    const before = this.#seen.get(file);
    const isNew = before?.content !== content || now - before.last > this.#duration / 2;
    const since = isNew ? now : before.since;
    this.#seen.set(file, { content, since, last: now });
    return now - since >= this.#duration || hasEnded(holderIn(content));
  }

  /** Returns the name of the process that held a lease when it was observed last. */
  holderOf(file: string): string {
    const [pid, , , ...host] = holderIn(this.#seen.get(file)?.content ?? '').split(' ');
    return `process ${pid} of ${host.join(' ')}`;
  }

  async #read(file: string): Promise<string | undefined> {
    try {
      return await readRegularText(file);
    } catch (error) {
      const gone = ['ENOENT', 'ESTALE'];
      if (error instanceof InputError && gone.includes(systemCode(error.cause) ?? '')) return;
      throw error;
    }
  }
}

function holderIn(content: string): string {
  return content.trimEnd().split(' ').slice(1).join(' ');
}
