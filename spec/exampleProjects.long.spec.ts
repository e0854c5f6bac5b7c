import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { findChromium, launchChromium } from '../bench/chromium.ts';
import { packTarball } from '../scripts/package/packTarball.ts';
import { ROOT } from './support/runCommand.ts';
import { runProgram } from './support/runProgram.ts';
import { serveFolder } from './support/serveFolder.ts';

/**
 * Tries each example outside the clone, with the tarball of the package, as a user does who has
 * copied its folder. `spec/browser/examples.long.spec.ts` opens the two pages, and
 * `npm run try:package` runs the notebook, because it has Deno.
 */

const folder = mkdtempSync(join(tmpdir(), 'boxprop-examples-'));

function npm(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = runProgram('npm', args, { cwd });
  return { status, stdout, stderr };
}

/** All packages of the examples, installed once: a copy in the folder finds them. */
function install(): string {
  const tarball = packTarball(folder);
  const wanted: Record<string, string> = {};
  for (const example of readdirSync(join(ROOT, 'examples'), { withFileTypes: true })) {
    if (!example.isDirectory() || ['lecture', 'leaky-relu'].includes(example.name)) continue;
    const file = join(ROOT, 'examples', example.name, 'package.json');
    const { dependencies, devDependencies } = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >;
    Object.assign(wanted, dependencies, devDependencies);
  }
  const manifest = {
    name: 'projects',
    private: true,
    dependencies: { ...wanted, boxprop: tarball },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const { status, stderr } = npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline');
  if (status === 0) return '';
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/.test(stderr)) {
    return ' (skipped: the registry cannot be reached, and npm has not kept every package)';
  }
  throw new Error(stderr);
}

const because = install();

// The programs have a limit of their own. On a busy machine one of them needs more than a minute.
jest.setTimeout(240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

(because === '' ? describe : describe.skip)(`outside the clone${because}`, () => {
  const copy = (example: string) => {
    const to = join(folder, example);
    cpSync(join(ROOT, 'examples', example), to, { recursive: true });
    return (script: string, ...args: string[]) => npm(to, 'run', '-s', script, '--', ...args);
  };

  test('train-in-node', () => {
    const run = copy('train-in-node');
    const { status, stdout, stderr } = run('start', '--examples', '6000', '--epochs', '1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /epoch 1: loss \d\.\d{4}, validation error \d+\.\d\d %\ncompleted: test accuracy [89]\d\.\d %\n$/,
    );
  });

  test('own-box', () => {
    const run = copy('own-box');
    const proof = run('gradcheck');
    expect(proof).toMatchObject({ status: 0, stderr: '' });
    // The README shows this table.
    expect(readFileSync(join(ROOT, 'examples/own-box/README.md'), 'utf8')).toContain(proof.stdout);
    expect(run('test')).toMatchObject({ status: 0 });
    expect(run('types')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(run('start').stdout).toMatch(/^accuracy (9\d|100)\.\d %\nlearned beta: /);
  });

  test('own-data', () => {
    const run = copy('own-data');
    expect(run('make')).toEqual({
      status: 0,
      stdout: 'wrote photos/ and table.csv\n',
      stderr: '',
    });
    const images = run('images');
    expect(images.stdout).toMatch(
      /^450 images of circle, square, triangle\ntest accuracy (9\d|100)/,
    );
    expect(images.stdout).toMatch(/photos\/test\/circle\/0\.png: circle\n$/);
    const table = run('table');
    expect(table.stdout).toMatch(/^400 rows: length, weight, .*\ntest accuracy (9\d|100)\.\d %\n$/);
  });

  test('fine-tuning', () => {
    const run = copy('fine-tuning');
    expect(run('pretrain', '--examples', '8000').stdout).toMatch(/^MNIST: test accuracy 9\d/);
    const { status, stdout } = run('tune');
    expect(status).toBe(0);
    const accuracies = (way: string) =>
      [...stdout.matchAll(new RegExp(`${way} +test accuracy ([\\d.]+)`, 'g'))].map(([, x]) => +x);
    const [few, more] = accuracies('from nothing');
    const [fewTuned, moreTuned] = accuracies('all boxes as they were');
    expect(fewTuned).toBeGreaterThan(few);
    expect(moreTuned).toBeGreaterThan(more);
  });

  describe('serving', () => {
    let run: ReturnType<typeof copy>;
    let server: ChildProcess | undefined;
    beforeAll(() => {
      run = copy('serving');
      expect(run('train', '--examples', '2000').stdout).toMatch(/^test accuracy [89]\d/);
    });
    afterEach(() => void server?.kill('SIGKILL'));

    test('answers every one of 1,000 requests, good and bad, during a restart and a stop', () => {
      const { status, stdout } = run('load', '--requests', '1000', '--connections', '32');
      expect(stdout).toMatch(/^image +900$/m);
      expect(stdout).toMatch(/latency of an image: median \d+\.\d ms, 99th percentile \d+\.\d ms/);
      expect(stdout).toMatch(/\nno answer was lost or wrong\n$/);
      expect(status).toBe(0);
    });

    /** Starts the server and returns a function that gets a path of it. */
    async function start() {
      const port = 20_000 + (process.pid % 20_000);
      const child = spawn(process.execPath, ['server.js'], {
        cwd: join(folder, 'serving'),
        env: { ...process.env, PORT: String(port), KEEP_ALIVE: '500' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      server = child;
      let printed = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
      const until = async (text: string) => {
        while (!printed.includes(text)) await new Promise((resolve) => setTimeout(resolve, 50));
      };
      const get = async (path: string) => {
        try {
          const response = await fetch(`http://127.0.0.1:${port}${path}`);
          return { status: response.status, answer: (await response.json()) as { pid?: number } };
        } catch {
          return undefined;
        }
      };
      await until('listening');
      return { child, get, until };
    }

    test('replaces a worker that was killed', async () => {
      const { child, get, until } = await start();
      const pid = (await get('/stats'))?.answer.pid ?? 0;
      process.kill(pid, 'SIGKILL');
      await until(`worker ${pid} ended with SIGKILL: starting another`);
      let other: number | undefined;
      while (other === undefined) other = (await get('/stats'))?.answer.pid;
      expect(other).not.toBe(pid);
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    });

    test('goes on with the old weights when the new ones are damaged', async () => {
      const { child, get, until } = await start();
      const file = join(folder, 'serving/weights.safetensors');
      const weights = readFileSync(file);
      writeFileSync(file, weights.subarray(0, 100));
      child.kill('SIGHUP');
      await until('restart failed: the old worker goes on');
      expect((await get('/ready'))?.status).toBe(200);
      writeFileSync(file, weights);
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    });
  });

  const noChromium = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';
  (noChromium === '' ? test : test.skip)(
    `observable: a page that trains, and asks no other server${noChromium}`,
    async () => {
      const run = copy('observable');
      expect(run('build')).toMatchObject({ status: 0 });
      const { url, close } = await serveFolder(join(folder, 'observable/.observable/dist'));
      const { context, close: closeChromium } = await launchChromium();
      try {
        const page = await context.newPage();
        const asked: string[] = [];
        const errors: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        page.on('pageerror', (error) => errors.push(String(error)));
        await page.goto(`${url}spirals.html`);
        await page.waitForFunction(
          `/epoch \\d\\d: .* right, learning rate 0.1, on wasm/.test(document.body.innerText)`,
        );
        await page.locator('svg').nth(1).waitFor();
        expect(errors).toEqual([]);
        expect(asked.filter((one) => !one.startsWith(url) && !one.startsWith('data:'))).toEqual([]);
      } finally {
        await closeChromium();
        close();
      }
    },
  );
});
