import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { joinGroup } from '../../../lib/mpi/joinGroup.ts';
import { gatherText, type Group } from '../../../lib/group.ts';
import { gradcheckAcross } from './gradcheckAcross.ts';
import { JOB, runJob, type Job } from './job.ts';
import { sharedRoom, ThreadGroup, type SharedRoom } from './threadGroup.ts';

/**
 * A program that trains a network on several ranks and prints the results of all ranks as JSON.
 *
 *   program.ts JOB SIZE ...              ranks that are threads, for each size
 *   program.ts gradcheck SIZE            checks the gradients of BatchNorm across ranks
 *   mpiexec -n SIZE program.ts JOB       ranks that are processes
 */

interface Thread {
  readonly rank: number;
  readonly room: SharedRoom;
  readonly job: string;
}

function run(group: Group, job: string): Promise<unknown> {
  return job === 'gradcheck'
    ? gradcheckAcross(group)
    : runJob(group, { ...JOB, ...(JSON.parse(job) as Partial<Job>) });
}

const SELF = new URL(import.meta.url).href;

function runThreads(size: number, job: string): Promise<unknown[]> {
  const room = sharedRoom(size);
  const tsx = import.meta.resolve('tsx/esm/api');
  // Threads of Node 20 do not inherit tsx from the main program.
  const code = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(SELF)}); });`;
  const ranks = Array.from({ length: size }, (_, rank) => {
    const worker = new Worker(code, { eval: true, workerData: { rank, room, job } });
    return new Promise<unknown>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
  });
  return Promise.all(ranks);
}

if (!isMainThread) {
  const { rank, room, job } = workerData as Thread;
  parentPort?.postMessage(await run(new ThreadGroup(rank, room), job));
} else {
  const [job, ...sizes] = process.argv.slice(2);
  if (sizes.length > 0) {
    const results: unknown[][] = [];
    for (const size of sizes) results.push(await runThreads(Number(size), job));
    process.stdout.write(JSON.stringify(results));
  } else {
    const group = await joinGroup();
    const result = await run(group, job);
    // One rank prints all results, because long lines of several would mix.
    const results = gatherText(group, JSON.stringify(result));
    if (group.rank === 0) process.stdout.write(`[${results.join()}]\n`);
    group.leave();
  }
}
