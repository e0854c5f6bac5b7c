import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { digits } from './digits.js';

/**
 * Starts the server, sends requests to it, good and bad ones, restarts it in the middle, and stops
 * it while requests are open. Each answer must come, and must be the right one.
 *
 *     npm run load -- --requests 1000 --connections 32
 */
const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '32' },
    workers: { type: 'string', default: '1' },
  },
});
const [requests, connections] = [options.requests, options.connections].map(Number);

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: connections });

/** Sends one request. A result without a status means that no answer came. */
function send({ body, path = '/classify', type = 'image/png', leave = false }) {
  const start = performance.now();
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers =
      body === undefined ? {} : { 'content-type': type, 'content-length': body.length };
    const request = http.request({ agent, port, host: '127.0.0.1', path, method, headers });
    request.on('response', async (response) => {
      let text = '';
      try {
        for await (const chunk of response) text += chunk;
        const time = performance.now() - start;
        resolve({ status: response.statusCode, answer: JSON.parse(text), time });
      } catch (error) {
        resolve({ problem: error.code ?? error.message });
      }
    });
    request.on('error', (error) => resolve({ problem: error.code ?? error.message }));
    if (leave) {
      // This client goes away: half of them in the middle of the body, half after it.
      request.write(body.subarray(0, body.length / 2));
      setTimeout(() => request.destroy(), 1);
    } else request.end(body);
  });
}

const files = await digits(50);
const noise = Buffer.from(Array.from({ length: 500 }, (_, n) => (n * 131) % 256));
/** The requests that are mixed in, with the status that each must get; undefined if none. */
const BAD = {
  'no image': { body: noise, status: 400 },
  'half an image': { body: files[0].subarray(0, 150), status: 400 },
  'other type': { body: noise, type: 'text/plain', status: 415 },
  'too large': { body: Buffer.alloc(3_000_000), status: 413 },
  'client leaves': { body: files[0], leave: true },
};
const kinds = Object.keys(BAD);

const port = await freePort();
const server = spawn(process.execPath, ['server.js'], {
  cwd: import.meta.dirname,
  env: { ...process.env, PORT: String(port), WORKERS: options.workers, KEEP_ALIVE: '1000' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let printed = '';
server.stdout.on('data', (chunk) => (printed += chunk));
const until = async (text) => {
  while (!printed.includes(text)) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
await until('listening');

/** The answer to each image when it is alone in its batch. */
const expected = [];
for (const body of files) expected.push((await send({ body })).answer);

const counts = {};
const [times, problems] = [[], []];
let next = 0;
async function client() {
  while (next < requests) {
    const n = next++;
    // One request in ten is a bad one; all kinds take turns.
    const kind = n % 10 === 9 ? kinds[Math.floor(n / 10) % kinds.length] : 'image';
    const image = n % files.length;
    const { status, ...request } = BAD[kind] ?? { body: files[image], status: 200 };
    const got = await send(request);
    counts[kind] = (counts[kind] ?? 0) + 1;
    if (kind === 'client leaves') continue;
    if (got.status !== status) problems.push(`${kind}: expected ${status}, got ${describe(got)}`);
    else if (kind === 'image') {
      times.push(got.time);
      const { label, probability } = expected[image];
      const isRight =
        got.answer.label === label && Math.abs(got.answer.probability - probability) < 1e-4;
      if (!isRight) problems.push(`image ${image}: expected ${label}, got ${describe(got)}`);
    }
  }
}
const describe = ({ status, problem, answer }) => problem ?? `${status} ${JSON.stringify(answer)}`;

const start = performance.now();
const clients = Array.from({ length: connections }, client);
// In the middle, all workers are replaced.
while (next < requests / 2) await new Promise((resolve) => setTimeout(resolve, 5));
server.kill('SIGHUP');
await Promise.all(clients);
const seconds = (performance.now() - start) / 1000;
await until('restarted');

const stats = (await send({ path: '/stats' })).answer;
const rank = (share) => times.sort((a, b) => a - b)[Math.ceil(share * times.length) - 1].toFixed(1);
for (const [kind, count] of Object.entries(counts)) console.log(`${kind.padEnd(14)} ${count}`);
console.log(`${(requests / seconds).toFixed(0)} requests per second`);
console.log(`latency of an image: median ${rank(0.5)} ms, 99th percentile ${rank(0.99)} ms`);
console.log(`images per batch after the restart: ${(stats.images / stats.batches).toFixed(1)}`);

// The server is told to stop while requests are open.
const last = files.map((body) => send({ body }));
await new Promise((resolve) => setTimeout(resolve, 5));
server.kill('SIGTERM');
for (const got of await Promise.all(last)) {
  if (got.status !== 200) problems.push(`while it stops: expected 200, got ${describe(got)}`);
}
agent.destroy();
const [code] = server.exitCode === null ? await once(server, 'exit') : [server.exitCode];
if (code !== 0) problems.push(`expected the server to end with 0, got ${code}`);

for (const problem of problems.slice(0, 10)) console.log(problem);
console.log(problems.length === 0 ? 'no answer was lost or wrong' : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
