import {
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jest } from '@jest/globals';
import { InputError } from '../../../lib/errors.ts';
import { inputError } from '../../support/inputError.ts';
import { writeFileAtomic } from '../../../lib/files/writeFileAtomic.ts';
import { runProgram } from '../../support/runProgram.ts';

describe('writeFileAtomic', () => {
  let folder = '';
  let file = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boxprop-atomic-'));
    file = join(folder, 'model.bin');
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  /** The prototype of all file handles, which the tests patch. */
  async function handles(): Promise<FileHandle> {
    const handle = await open(folder, 'r');
    await handle.close();
    return Object.getPrototypeOf(handle) as FileHandle;
  }
  const full = () =>
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

  it('writes a new file and replaces an old one, and leaves nothing else', async () => {
    await writeFileAtomic(file, 'old and longer');
    await writeFileAtomic(file, Uint8Array.of(110, 101, 119));
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['model.bin']);
  });

  it('survives many writers at once', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(texts.map((text) => writeFileAtomic(file, text)));
    expect(texts).toContain(await readFile(file, 'utf8'));
    expect(await readdir(folder)).toEqual(['model.bin']);
  });

  it('leaves the old file when the disk is full half-way', async () => {
    await writeFileAtomic(file, 'old');
    const prototype = await handles();
    jest.spyOn(prototype, 'writeFile').mockImplementationOnce(async function (this: FileHandle) {
      await this.write('ne');
      throw full();
    });
    await expect(writeFileAtomic(file, 'new')).rejects.toThrow(
      inputError(`${file}: cannot be written: ENOSPC: no space left on device`),
    );
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['model.bin']);
  });

  it('leaves the old file when the values do not reach the disk', async () => {
    await writeFileAtomic(file, 'old');
    jest.spyOn(await handles(), 'sync').mockRejectedValueOnce(full());
    await expect(writeFileAtomic(file, 'new')).rejects.toThrow(InputError);
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['model.bin']);
  });

  it('removes what killed writers of the same file left, and nothing else', async () => {
    const writer = `
      process.stdout.write(String(process.pid));
      import { writeFileAtomic } from '${pathToFileURL('lib/files/writeFileAtomic.ts').href}';
      async function* parts() {
        yield Buffer.from('half');
        process.kill(process.pid, 'SIGKILL');
        await new Promise((resolve) => setTimeout(resolve, 1e6));
      }
      setInterval(() => undefined, 1000);
      await writeFileAtomic(${JSON.stringify(file)}, parts());`;
    runProgram(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', writer]);
    const [left] = await readdir(folder);
    const [, killed] = /^\.model\.bin\.(.*)\.[0-9a-f]{8}\.tmp$/.exec(left) ?? [];
    expect(killed).toMatch(/\.\d+$/);

    const kept = [
      `.model.bin.${hostname()}.${process.pid}.0123abcd.tmp`,
      `.model.bin.elsewhere.1.0123abcd.tmp`,
      `.other.bin.${killed}.0123abcd.tmp`,
      '.model.bin.tmp',
    ];
    const uuid = '01234567-89ab-4cde-8f01-23456789abcd';
    kept.push(`.model.bin.${process.pid}.${uuid}.tmp`);
    const old = ['.model.bin.elsewhere.2.0123abcd.tmp', `.model.bin.4711.${uuid}.tmp`];
    for (const name of [...kept, ...old]) await writeFile(join(folder, name), 'half');
    for (const name of old) await utimes(join(folder, name), new Date(0), new Date(0));
    await writeFileAtomic(file, 'new');
    expect((await readdir(folder)).sort()).toEqual([...kept, 'model.bin'].sort());
  });

  it('syncs the file and then the folder', async () => {
    const sync = jest.spyOn(await handles(), 'sync');
    await writeFileAtomic(file, 'new');
    expect(sync).toHaveBeenCalledTimes(2);
  });

  it('names a target that is a folder, or whose folder does not exist', async () => {
    await mkdir(file);
    await expect(writeFileAtomic(file, 'new')).rejects.toThrow(
      inputError(`${file}: cannot be written: EISDIR: illegal operation on a directory`),
    );
    const nowhere = join(folder, 'nowhere', 'model.bin');
    await expect(writeFileAtomic(nowhere, 'new')).rejects.toThrow(
      inputError(`${nowhere}: cannot be written: ENOENT: no such file or directory`),
    );
    expect(await readdir(folder)).toEqual(['model.bin']);
  });

  it('writes through a link', async () => {
    await writeFile(join(folder, 'real.bin'), 'old');
    await symlink('real.bin', file);
    await writeFileAtomic(file, 'new');
    expect(await readlink(file)).toBe('real.bin');
    expect(await readFile(join(folder, 'real.bin'), 'utf8')).toBe('new');
  });

  /** A device in the folder: only root may make one, and others cannot replace the system's. */
  function device(name: string, minor: number): string {
    const own = join(folder, name);
    return runProgram('mknod', [own, 'c', '1', String(minor)]).status === 0 ? own : `/dev/${name}`;
  }
  const because = process.platform === 'linux' ? '' : ' (skipped: not on Linux)';
  const LINUX = because === '' ? it : it.skip;

  LINUX(`writes into a device, and leaves it one${because}`, async () => {
    const nothing = device('null', 3);
    await writeFileAtomic(nothing, 'text');
    expect((await stat(nothing)).isCharacterDevice()).toBe(true);
    const full = device('full', 7);
    await expect(writeFileAtomic(full, 'text')).rejects.toThrow(
      inputError(`${full}: cannot be written: ENOSPC: no space left on device`),
    );
    expect((await stat(full)).isCharacterDevice()).toBe(true);
  });

  LINUX(`writes into a pipe, and leaves it one${because}`, async () => {
    runProgram('mkfifo', [file]);
    async function* parts() {
      yield Uint8Array.of(97);
      await Promise.resolve();
      yield Uint8Array.of(98);
    }
    const [read] = await Promise.all([readFile(file, 'utf8'), writeFileAtomic(file, parts())]);
    expect(read).toBe('ab');
    expect((await stat(file)).isFIFO()).toBe(true);
  });

  LINUX(`refuses a socket${because}`, async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(file, resolve));
    await expect(writeFileAtomic(file, 'text')).rejects.toThrow(
      inputError(`${file}: cannot be written: expected a file, got a socket`),
    );
    server.close();
  });
});
