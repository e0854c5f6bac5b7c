import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { joinGroup } from '../../../lib/mpi/joinGroup.ts';
import { JOB, runJob, type Job, type RankResult } from './job.ts';
import { sharedRoom, ThreadGroup, type SharedRoom } from './threadGroup.ts';

/**
 * A program that trains a network on several ranks and prints the results of all ranks as JSON.
 *
 *   program.ts JOB SIZE ...              ranks that are threads, for each size
 *   mpiexec -n SIZE program.ts JOB       ranks that are processes; each prints a line
 */

interface Thread {
  readonly rank: number;
  readonly room: SharedRoom;
  readonly job: Job;
}

const SELF = new URL(import.meta.url).href;

function runThreads(size: number, job: Job): Promise<RankResult[]> {
  const room = sharedRoom(size);
  const tsx = import.meta.resolve('tsx/esm/api');
  // Threads of Node 20 do not inherit tsx from the main program.
  const code = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(SELF)}); });`;
  const ranks = Array.from({ length: size }, (_, rank) => {
    const worker = new Worker(code, { eval: true, workerData: { rank, room, job } });
    return new Promise<RankResult>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
  });
  return Promise.all(ranks);
}

if (!isMainThread) {
  const { rank, room, job } = workerData as Thread;
  parentPort?.postMessage(await runJob(new ThreadGroup(rank, room), job));
} else {
  const [given, ...sizes] = process.argv.slice(2);
  const job: Job = { ...JOB, ...(JSON.parse(given) as Partial<Job>) };
  if (sizes.length > 0) {
    const results: RankResult[][] = [];
    for (const size of sizes) results.push(await runThreads(Number(size), job));
    process.stdout.write(JSON.stringify(results));
  } else {
    const group = await joinGroup();
    const result = await runJob(group, job);
    process.stdout.write(`${JSON.stringify({ rank: group.rank, ...result })}\n`);
    group.leave();
  }
}
