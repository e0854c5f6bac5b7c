import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveStatic } from '../../cli/staticServer.ts';

/** The server of the live page: what it answers, and what it keeps to itself. */

let base: string;
let server: Awaited<ReturnType<typeof serveStatic>>;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'boxprop-static-'));
  mkdirSync(join(base, 'page', 'assets'), { recursive: true });
  mkdirSync(join(base, 'page-other'));
  const write = (file: string, text: string) => writeFileSync(join(base, file), text);
  write('page/index.html', '<!doctype html>');
  write('page/assets/main.js', 'main()');
  write('page/assets/a.wasm', 'wasm');
  write('page/assets/empty.css', '');
  write('secret.txt', 'secret');
  write('page-other/secret.txt', 'secret');
  symlinkSync(join(base, 'secret.txt'), join(base, 'page', 'link.txt'));
  server = await serveStatic({
    folder: join(base, 'page'),
    files: { 'run/weights.safetensors': join(base, 'secret.txt') },
    port: 0,
  });
});
afterAll(() => {
  server.close();
  rmSync(base, { recursive: true });
});

/** Sends a request as it stands: fetch would remove `..` from the path. */
function ask(path: string, options: { method?: string; host?: string } = {}) {
  const { hostname, port } = new URL(server.url);
  const { method = 'GET', host = `${hostname}:${port}` } = options;
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const sent = request({ hostname, port, path, method, headers: { host } }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
      sent.on('error', reject).end();
    },
  );
}

test.each([
  ['/', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/?theme=dark', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/assets/main.js', 'text/javascript; charset=utf-8', 'main()'],
  ['/assets/a.wasm', 'application/wasm', 'wasm'],
  ['/assets/empty.css', 'text/css; charset=utf-8', ''],
  ['/run/weights.safetensors', 'application/octet-stream', 'secret'],
])('answers %s', async (path, type, text) => {
  const answer = await ask(path);
  expect(answer).toMatchObject({ status: 200, text });
  expect(answer.headers).toMatchObject({
    'content-type': type,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  });
});

test.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/../../secret.txt',
  '/../page-other/secret.txt',
  '//secret.txt',
  '/link.txt',
  '/assets',
  '/assets/',
  '/none.js',
  '/%00',
  '/%E0%A4%A',
])('has nothing at %s', async (path) => {
  expect(await ask(path)).toMatchObject({ status: 404, text: '' });
});

test('answers only for its own name, and only GET and HEAD', async () => {
  expect(await ask('/', { host: 'example.org' })).toMatchObject({ status: 403, text: '' });
  expect(await ask('/', { host: 'localhost:1' })).toMatchObject({ status: 200 });
  expect(await ask('/', { method: 'POST' })).toMatchObject({ status: 405, text: '' });
  const head = await ask('/', { method: 'HEAD' });
  expect(head).toMatchObject({ status: 200, headers: { 'content-length': '15' }, text: '' });
});

test('a port in use is one line', async () => {
  const port = Number(new URL(server.url).port);
  await expect(serveStatic({ folder: base, port })).rejects.toThrow(
    `--port: expected a free port, got ${port}: EADDRINUSE`,
  );
});
