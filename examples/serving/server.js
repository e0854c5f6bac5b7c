import cluster from 'node:cluster';
import { BoxpropError } from 'boxprop';
import { createApp, LIMITS } from './app.js';
import { loadClassifier } from './classifier.js';
import { supervise } from './supervise.js';

// `node server.js` runs a supervisor, which computes nothing, and WORKERS processes that do.
const { env } = process;
const number = (name, otherwise) => (env[name] === undefined ? otherwise : Number(env[name]));
const limits = Object.fromEntries(
  Object.entries(LIMITS).map(([name, value]) => [name, number(name, value)]),
);

if (cluster.isPrimary) {
  supervise({
    workers: number('WORKERS', 1),
    // After this time, a worker that does not end is killed.
    patience: limits.KEEP_ALIVE + limits.SEND_TIMEOUT + limits.ANSWER_TIMEOUT,
  });
} else {
  const classifier = await loadClassifier().catch((error) => {
    if (!(error instanceof BoxpropError)) throw error;
    console.error(`${error.message} (npm run train writes the weights)`);
    process.exit(1);
  });
  const app = createApp(classifier, limits, env.LOG_LEVEL);
  const close = async () => {
    await app.close();
    process.exit();
  };
  process.once('message', close);
  // Ctrl+C in a terminal reaches the workers too. The supervisor tells them what to do.
  process.on('SIGINT', () => {}).on('SIGTERM', () => {});
  // The supervisor learns from `listening` that this worker is ready.
  await app.listen({ port: number('PORT', 3000), host: env.HOST ?? '127.0.0.1' });
}
