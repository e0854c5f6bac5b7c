import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../../index.ts';
import { LAUNCH_ENVIRONMENT } from '../../cli/launchRanks.ts';
import { MAIN, ROOT } from '../support/runCommand.ts';
import { expectSame, MPIEXEC, runMpi, runThreads } from '../support/ranks/run.ts';
import { runProgram } from '../support/runProgram.ts';

const HAS_MPI = MPIEXEC !== undefined;
const withMpi = HAS_MPI ? test : test.skip;
const reason = HAS_MPI ? '' : ' (skipped: no mpiexec on this machine; npx boxprop setup mpi)';

test.each([
  ['batch norm, dropout, augmentation, Adam, class weights, a short last batch', {}],
  ['fewer examples than ranks', { examples: 3, epochs: 50 }],
  [
    'boxes that are used twice, a sum over the examples, momentum',
    { batchNorm: 'none', reduction: 'sum', optimizer: 'sgd', shared: true },
  ],
] as const)('1, 2, 3 and 4 ranks give the same parameters: %s', (_, job) => {
  expectSame(runThreads(job, 1, 2, 3, 4), 1e-12);
});

test.each([
  [{ batchSize: 4 }, 'rank 1: expected the same batchSize as on rank 0, 8, got 4'],
  [
    { reduction: 'sum' },
    'rank 1: expected the same cost as on rank 0, ["SoftmaxCrossEntropy",{"reduction":"mean","weights":[0.3,1,2.5],"labelSmoothing":0}], ' +
      'got ["SoftmaxCrossEntropy",{"reduction":"sum","weights":[0.3,1,2.5],"labelSmoothing":0}]',
  ],
] as const)('ranks that differ in options are refused: %p', (other, message) => {
  const [ranks] = runThreads({ other }, 2);
  for (const { error } of ranks) expect(error).toBe(message);
});

test.each(['cpu', 'wasm'] as const)('the same in single precision on %s', (backend) => {
  expectSame(runThreads({ backend }, 1, 2, 3), 1e-5);
});

describe('processes of MPI', () => {
  withMpi(`1 and 2 processes give the same parameters${reason}`, () => {
    expectSame([runMpi({}, 1), runMpi({}, 2)], 1e-12);
  });

  withMpi(`two processes give the same bytes twice${reason}`, () => {
    const job = { backend: 'wasm', batchNorm: 'ranks', examples: 40 } as const;
    const [first, second] = [runMpi(job, 2), runMpi(job, 2)];
    expect(first[0].error).toBeUndefined();
    expect(second[0].params).toEqual(first[0].params);
    expect(second[0].buffers).toEqual(first[0].buffers);
  });
});

withMpi(`UCX leaves the memory and the signals of Node alone${reason}`, () => {
  const program = `
import { joinGroup } from './node.ts';
const group = await joinGroup();
console.log(process.env.UCX_MEM_EVENTS, JSON.stringify(process.env.UCX_ERROR_SIGNALS));
group.leave();`;
  const node = ['--conditions=boxprop-source', '--import', 'tsx', '--input-type=module', '-e'];
  const { stdout } = runProgram(
    MPIEXEC ?? 'mpiexec',
    ['-n', '2', process.execPath, ...node, program],
    { cwd: ROOT, env: { ...process.env, ...LAUNCH_ENVIRONMENT } },
  );
  expect(stdout).toBe('no ""\nno ""\n');
});

describe('train --processes', () => {
  const room = mkdtempSync(join(tmpdir(), 'boxprop-group-'));
  const start = ['train', 'lenet1', '--limit', '3000', '--checkpoint-steps', '5'];
  const train = [...start, '--epochs', '2'];
  const options = ['--backend', 'wasm', '--threads', '1', '--no-report', '--batch-size', '32'];
  const env = { ...process.env, ...LAUNCH_ENVIRONMENT };
  const run = (...args: string[]) =>
    runProgram(process.execPath, [MAIN, ...args], { cwd: ROOT, env });
  const weights = (folder: string) => readFileSync(join(folder, 'weights.safetensors'));
  const whole = join(room, 'whole');

  /** Kills one rank after a while. Resolves to the status and standard error of the command. */
  async function killed(folder: string, args: readonly string[], wait: number, rank: number) {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env });
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const status = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, wait));
    const { stdout } = runProgram('pgrep', ['-f', `main.js train .*${folder}`], {});
    // The command itself comes first, then mpiexec, then the ranks.
    const ranks = stdout
      .trim()
      .split('\n')
      .map(Number)
      .filter((pid) => commandOf(pid).startsWith(process.execPath) && pid !== child.pid);
    if (ranks.length === 2) process.kill(ranks[rank], 'SIGKILL');
    return { status: await status, errors, hit: ranks.length === 2 };
  }

  const commandOf = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };

  withMpi(
    `a killed rank ends all; --resume gives the bytes of an uninterrupted run${reason}`,
    async () => {
      const { status, stderr } = run(...train, ...options, '--processes', '2', '--out', whole);
      expect([status, stderr]).toEqual([0, expect.any(String)]);
      const rng = new Rng(Date.now());
      let hits = 0;
      for (let k = 0; k < 4; k++) {
        const folder = join(room, `killed${k}`);
        const args = [...train, ...options, '--processes', '2', '--out', folder];
        const wait = 500 + rng.integer(4000);
        const end = await killed(folder, args, wait, rng.integer(2));
        if (end.status !== 0) {
          hits++;
          expect(end.errors).toMatch(/^boxprop: (rank [01]|a process) was ended by SIGKILL; /m);
          if (end.errors.includes('it had no checkpoint yet')) continue;
          const again = run('train', '--resume', folder, '--processes', '2');
          expect([again.status, again.stderr]).toEqual([0, expect.any(String)]);
        }
        expect(weights(folder)).toEqual(weights(whole));
      }
      expect(hits).toBeGreaterThan(0);
    },
    300_000,
  );

  withMpi(`a rank that cannot join ends the others${reason}`, () => {
    const hook = `export async function resolve(name, context, next) {
      if (name === 'koffi') throw new Error('hidden');
      return next(name, context);
    }`;
    const hide = `import { register } from 'node:module';
      register('data:text/javascript,${encodeURIComponent(hook).replaceAll("'", '%27')}');`;
    const rank = [MAIN, ...train, ...options, '--out', join(room, 'cannotJoin')];
    const node = ['-n', '1', process.execPath];
    const { status, stderr } = runProgram(
      MPIEXEC ?? 'mpiexec',
      [
        ...[...node, ...rank, ':', ...node],
        ...['--import', `data:text/javascript,${encodeURIComponent(hide)}`, ...rank],
      ],
      { cwd: ROOT, env, timeout: 50_000 },
    );
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^boxprop: rank 1: joinGroup: expected the package koffi, /m);
  });

  withMpi(
    `one process continues the run of two, and reads its checkpoint${reason}`,
    () => {
      const folder = join(room, 'one');
      run(...start, ...options, '--epochs', '1', '--processes', '2', '--out', folder);
      const { status, stdout } = run('train', '--resume', folder, '--epochs', '2');
      expect(status).toBe(0);
      expect(stdout).toMatch(/test accuracy/);
    },
    120_000,
  );

  withMpi(
    `--max-restarts continues by itself${reason}`,
    async () => {
      const folder = join(room, 'restarted');
      const args = [
        ...train,
        ...options,
        '--processes',
        '2',
        '--max-restarts',
        '2',
        '--out',
        folder,
      ];
      const { status, errors, hit } = await killed(folder, args, 3000, 1);
      expect(status).toBe(0);
      if (hit) expect(errors).toMatch(/(rank [01]|a process) was ended by SIGKILL; restart 1 of 2/);
      expect(weights(folder)).toEqual(weights(whole));
    },
    120_000,
  );
});
