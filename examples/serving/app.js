import { memory } from '@tensorflow/tfjs-core';
import { InputError } from 'boxprop';
import Fastify from 'fastify';
import { setTimeout as wait } from 'node:timers/promises';
import { Batcher } from './batcher.js';

/** The limits; each is an environment variable of the same name as well. */
export const LIMITS = {
  /** The largest body in bytes; a larger one gets status 413. */
  MAX_BYTES: 1_000_000,
  /** The largest number of requests at the same time; one more gets status 503. */
  MAX_REQUESTS: 256,
  MAX_BATCH: 32,
  /** The time in milliseconds that an image waits for others to share its batch. */
  BATCH_WAIT: 2,
  /** The time in milliseconds in which a client must send its request: 408 if it does not. */
  SEND_TIMEOUT: 10_000,
  /** The time in milliseconds after which an answer is given up: 503. */
  ANSWER_TIMEOUT: 10_000,
  /** The time in milliseconds for which a connection without requests stays open. */
  KEEP_ALIVE: 5_000,
};

/**
 * Makes the server.
 *
 *   POST /classify   an image as the body, Content-Type image/png or another: its class
 *   GET /health      200 as long as the process works
 *   GET /ready       200 if this process should get requests; 503 while it shuts down
 *   GET /stats       what this process has done
 */
export function createApp({ read, classify }, limits = LIMITS, logLevel = 'warn') {
  const app = Fastify({
    logger: { level: logLevel },
    bodyLimit: limits.MAX_BYTES,
    requestTimeout: limits.SEND_TIMEOUT,
    handlerTimeout: limits.ANSWER_TIMEOUT,
    keepAliveTimeout: limits.KEEP_ALIVE,
    // A request that comes during the shutdown is answered, and its connection is closed after it.
    return503OnClosing: false,
  });
  const stats = { requests: 0, open: 0, batches: 0, images: 0, largestBatch: 0 };
  const batcher = new Batcher(
    (inputs) => {
      stats.batches += 1;
      stats.images += inputs.length;
      stats.largestBatch = Math.max(stats.largestBatch, inputs.length);
      return classify(inputs);
    },
    { maxBatch: limits.MAX_BATCH, maxWait: limits.BATCH_WAIT },
  );
  let isClosing = false;

  // Bodies are read after this hook, so a flood of requests is refused before it needs memory.
  app.decorateRequest('ended', null);
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url !== '/classify') return;
    if (stats.open >= limits.MAX_REQUESTS) {
      // The body that follows is not read, so the connection cannot be used for another request.
      reply.header('retry-after', '1').header('connection', 'close');
      return reply.code(503).send({ error: 'too many requests at the same time: try again' });
    }
    stats.requests += 1;
    stats.open += 1;
    // `close` comes after each answer, and when a client goes away. Fastify's own `request.signal`
    // aborts as soon as a body has been read.
    const end = new AbortController();
    request.ended = end.signal;
    reply.raw.once('close', () => {
      stats.open -= 1;
      end.abort();
    });
  });

  // Only images: Fastify reads JSON and plain text otherwise.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_, body, done) => done(null, body));

  app.post('/classify', async (request, reply) => {
    const { body, ended } = request;
    if (!Buffer.isBuffer(body) || body.length === 0) {
      return reply.code(400).send({ error: 'expected an image as the body, got none' });
    }
    let input;
    try {
      input = await read(body);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return reply.code(400).send({ error: error.message });
    }
    return batcher.add(input, ended);
  });

  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/ready', async (_, reply) =>
    isClosing ? reply.code(503).send({ status: 'closing' }) : { status: 'ready' },
  );
  app.get('/stats', async () => ({ ...stats, pid: process.pid, tensors: memory().numTensors }));

  app.setErrorHandler((error, request, reply) => {
    // Nobody waits for this answer any more.
    if (request.ended?.aborted) return reply.code(499).send();
    const status = error.statusCode ?? 500;
    if (status === 500) request.log.error(error);
    // The message of an unexpected error may tell a stranger too much; the log has it.
    const message = status === 500 ? 'internal error' : error.message;
    return reply.code(status).send({ error: message });
  });

  // Since Node 19, closing a server cuts connections that have no request at this moment, and a
  // client may be about to send one. So the server goes on for as long as a connection may be
  // idle; each answer closes its connection, and then there is none to cut.
  app.addHook('preClose', async () => {
    isClosing = true;
    await wait(limits.KEEP_ALIVE + 500);
  });
  return app;
}
