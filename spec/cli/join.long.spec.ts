import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../../index.ts';
import { boxprop, BUILT, KERNELS, MAIN, ROOT } from '../support/runCommand.ts';

let folder: string;
const out = (name: string) => join(folder, name);
const children: ChildProcess[] = [];

const NETWORK = `
import { Flatten, Linear, ReLU, Sequential } from 'boxprop';
export function network({ rng, inputShape, classes, units = 4 }) {
  const [h, w, c] = inputShape;
  return new Sequential([new Flatten(), new Linear(h * w * c, units, { rng }), new ReLU(), new Linear(units, classes, { rng })]);
}
`;

/** Writes records of four numbers, whose class is the sign of the sum of the first two. */
function writeData(directory: string, seed: number): void {
  mkdirSync(directory);
  const rng = new Rng(seed);
  for (const [part, count] of [
    ['train', 90],
    ['test', 30],
  ] as const) {
    const lines = Array.from({ length: count }, () => {
      const values = Array.from(rng.normals(4), (value) => value.toFixed(3));
      return [Number(values[0]) + Number(values[1]) > 0 ? 1 : 0, ...values].join(',');
    });
    writeFileSync(join(directory, `${part}.csv`), ['label,a,b,c,d', ...lines].join('\n'));
  }
}

function spaceFile(name: string, entries: object = {}): string {
  const space = {
    network: out('net.mjs'),
    data: out('data'),
    backend: 'wasm',
    epochs: 250,
    batchSize: 8,
    learningRate: { low: 0.01, high: 1, log: true },
    architecture: { units: { low: 1, high: 12, integer: true } },
    ...entries,
  };
  writeFileSync(out(name), JSON.stringify(space));
  return out(name);
}

beforeAll(() => {
  // The folder is inside the project, so that the network can import boxprop, and git ignores it.
  folder = mkdtempSync(join(BUILT, 'join-'));
  writeData(out('data'), 8);
  writeFileSync(out('net.mjs'), NETWORK);
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

type Started = ReturnType<typeof started>;

/** Starts boxprop. `ended` resolves when it ends. */
function started(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT });
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr: stderr.replace(KERNELS, '') }));
  });
  return { child, pid: child.pid ?? 0, ended };
}

const namesIn = (name: string) => {
  try {
    return readdirSync(join(out(name), 'trials'));
  } catch {
    return []; // The search does not exist yet.
  }
};
/** The content of each file in `trials/`, without times and processes. */
const storedIn = (name: string) =>
  Object.fromEntries(
    namesIn(name)
      .sort()
      .map((file) => {
        const text = readFileSync(join(out(name), 'trials', file), 'utf8');
        const { seconds: _, process: _by, ...value } = JSON.parse(text) as Record<string, unknown>;
        return [file, value];
      }),
  );
const trainers = (name: string) =>
  namesIn(name)
    .filter((file) => file.includes('fold'))
    .map((file) => {
      const text = readFileSync(join(out(name), 'trials', file), 'utf8');
      return Number.parseInt((JSON.parse(text) as { process: string }).process);
    });
/** A process that holds a lease, with its fold: `trial-1.fold-2`. */
function holderOf(name: string, processes: readonly Started[]): [Started, string] | undefined {
  for (const file of namesIn(name)) {
    const [fold, number] = file.split('.lease-');
    // A temporary file, whose name starts with a dot, is a lease that nobody holds yet.
    if (number === undefined || fold.startsWith('.')) continue;
    try {
      const [, pid] = readFileSync(join(out(name), 'trials', file), 'utf8').split(' ');
      const holder = processes.find((one) => String(one.pid) === pid);
      if (holder !== undefined) return [holder, fold];
    } catch {
      // The lease has just been released.
    }
  }
  return undefined;
}
async function until<T>(find: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
const tableIn = (text: string) => text.slice(text.indexOf('┌'), text.lastIndexOf('┘'));

/** A search of a network of boxprop, so that its folder needs no module. */
const LENET = {
  network: 'lenet1',
  data: undefined,
  limit: 400,
  epochs: 20,
  architecture: undefined,
  learningRate: { choices: [0.01, 0.1] },
};
const OPTIONS = ['--method', 'gp', '--trials', '6', '--folds', '3'];

test('four processes, one killed and one stopped beyond its lease, find the same as one', async () => {
  const space = spaceFile('space.json');
  const alone = boxprop('search', space, ...OPTIONS, '--workers', '1', '--out', out('one'));
  expect(alone).toMatchObject({ status: 0, stderr: '' });

  const command = ['search', space, ...OPTIONS, '--join', out('four')];
  const four = Array.from({ length: 4 }, () =>
    started(...command, '--workers', '1', '--lease', '2'),
  );
  const [killed] = await until(() => holderOf('four', four));
  killed.child.kill('SIGKILL');
  const running = four.filter((one) => one !== killed);
  const [stopped, delayed] = await until(() => holderOf('four', running));
  stopped.child.kill('SIGSTOP');
  const result = `${delayed}.json`;
  await until(() => namesIn('four').includes(result));
  stopped.child.kill('SIGCONT');

  const ends = await Promise.all(running.map(({ ended }) => ended));
  const notes = ends.map(({ stderr }) => stderr).join('');
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect((await killed.ended).code).toBe(null);
  const [, trial, fold] = /(\d+).fold-(\d+)/.exec(delayed) ?? [];
  expect(notes).toContain(`trial ${trial}, fold ${fold}: takes over from process ${stopped.pid} `);

  // Every point and fold once, with the same scores, and nothing else.
  expect(storedIn('four')).toEqual(storedIn('one'));
  expect(Object.keys(storedIn('four'))).toHaveLength(6 + 18);
  expect(new Set(trainers('four')).size).toBeGreaterThan(1);
  const { process: by } = JSON.parse(readFileSync(join(out('four'), 'trials', result), 'utf8')) as {
    process: string;
  };
  expect(by.startsWith(`${stopped.pid} `)).toBe(false);
  for (const { stdout } of ends) expect(tableIn(stdout)).toBe(tableIn(alone.stdout));
  for (const name of ['best.json', 'search.html'])
    expect(readFileSync(join(out('four'), name))).toEqual(readFileSync(join(out('one'), name)));
  expect(readdirSync(out('four')).sort()).toEqual([
    'best.json',
    'search.html',
    'search.json',
    'trials',
  ]);
}, 120_000);

test('a process that a signal ends gives its folds back, and the folder is all that others need', async () => {
  const space = spaceFile('lenet.json', LENET);
  const args = ['--method', 'grid', '--folds', '2', '--workers', '2'];
  const first = started('search', space, ...args, '--join', out('handed'));
  await until(() => namesIn('handed').filter((name) => name.includes('.lease-')).length === 2);
  first.child.kill('SIGTERM');
  const { code, stderr } = await first.ended;
  expect(code).toBe(143);
  expect(stderr).toBe(
    `boxprop: interrupted with 0 of 2 trials done; boxprop search --join ${out('handed')} continues the search\n`,
  );
  expect(namesIn('handed').filter((name) => !name.endsWith('.json'))).toEqual([]);
  // The leases last for a minute. They have been released, so the next process need not wait.
  const began = performance.now();
  const next = boxprop('search', '--join', out('handed'));
  expect(next).toMatchObject({ status: 0, stderr: '' });
  expect(performance.now() - began).toBeLessThan(50_000);
  // A process that joins after the end prints the same table.
  expect(tableIn(boxprop('search', space, '--join', out('handed')).stdout)).toBe(
    tableIn(next.stdout),
  );
}, 120_000);

describe('boxprop search --join refuses, in one line,', () => {
  const refusal = (...args: string[]) => {
    const { status, stderr } = boxprop('search', ...args);
    expect(status).toBe(1);
    return stderr;
  };
  const stored = () =>
    JSON.parse(readFileSync(join(out('one'), 'search.json'), 'utf8')) as { base: object };
  const edited = (name: string, change: object) => {
    mkdirSync(join(out(name), 'trials'), { recursive: true });
    writeFileSync(join(out(name), 'search.json'), JSON.stringify({ ...stored(), ...change }));
    return out(name);
  };

  it('what is no search, without a space', () => {
    expect(refusal('--join', out('none'))).toBe(
      `boxprop: --join: expected the folder of a search, got ${JSON.stringify(out('none'))}: ENOENT: no such file or directory\n`,
    );
  });

  it('networks that are modules, without their space', () => {
    expect(refusal('--join', out('one'))).toBe(
      `boxprop: ${join(out('one'), 'search.json')}: the search is of ${JSON.stringify(out('net.mjs'))}, and the folder of a search must not run code: name its space yourself: boxprop search SPACE --join ${out('one')}\n`,
    );
  });

  it('another space, other options, and --out', () => {
    const other = spaceFile('other.json', { epochs: 3 });
    const folder = JSON.stringify(out('one'));
    expect(refusal(other, '--join', out('one'))).toBe(
      `boxprop: ${other}: expected the space of the search in ${folder}, got another epochs\n`,
    );
    expect(refusal(out('space.json'), '--join', out('one'), '--folds', '4')).toBe(
      `boxprop: --folds: expected 3, as in the search in ${folder}, got 4\n`,
    );
    expect(refusal(out('space.json'), '--join', out('one'), '--trials', '9')).toBe(
      `boxprop: --trials: expected 6, as in the search in ${folder}, got 9; boxprop search --resume ${out('one')} --trials 9 takes more\n`,
    );
    expect(refusal(out('space.json'), '--join', out('one'), '--out', out('x'))).toBe(
      'boxprop: --join: expected no --out, because it names the folder, got both\n',
    );
  });

  it('other training data', () => {
    const moved = edited('moved', { fingerprint: '0123' });
    expect(refusal(out('space.json'), '--join', moved)).toBe(
      `boxprop: ${moved}: expected the training data with which the search began, got data with other examples or labels\n`,
    );
  });

  const because = process.platform === 'linux' ? '' : ' (skipped: the GPU cannot be hidden)';
  const onLinux = because === '' ? it : it.skip;
  onLinux(`a machine without the backend${because}`, () => {
    const space = spaceFile('auto.json', { backend: 'auto' });
    const gpu = edited('gpu', { base: { ...stored().base, backend: 'webgpu' } });
    process.env.VK_DRIVER_FILES = '/none';
    expect(refusal(space, '--join', gpu)).toMatch(/^boxprop: the backend webgpu .*\n$/m);
    expect(namesIn('gpu')).toEqual([]);
  });
});
