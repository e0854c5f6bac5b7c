import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';

/** The host name under which only this machine can reach the server. */
const HOST = '127.0.0.1';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * Because of the first two headers, a browser allows the page to use shared memory, which threads
 * need.
 */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  // The weights may not be cached, because a run that is still training replaces them.
  'Cache-Control': 'no-cache',
} as const;

/** The files that a static server offers. */
export interface StaticSite {
  readonly folder: string;
  /** Files outside the folder, by their path in the URL, such as `run/weights.safetensors`. */
  readonly files?: Readonly<Record<string, string>>;
  /** The port, or 0 for any free one. */
  readonly port: number;
}

/**
 * Serves a folder at `http://127.0.0.1`. It answers only requests for that host name, so the page
 * of another site cannot read the files, even if its host name resolves to this machine.
 *
 * Errors: `--port: expected a free port, got 80: EACCES: permission denied`.
 */
export async function serveStatic(
  site: StaticSite,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const folder = await realpath(site.folder);
  const server = createServer((request, response) => {
    answer({ ...site, folder }, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const problem = systemProblem(error);
      reject(new InputError(`--port: expected a free port, got ${site.port}: ${problem}`));
    });
    server.listen(site.port, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://${HOST}:${port}/`, close };
}

async function answer(site: StaticSite, request: IncomingMessage, response: ServerResponse) {
  const { method = '', url = '/', headers } = request;
  const refuse = (status: number) => void response.writeHead(status, HEADERS).end();
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')) return refuse(403);
  if (method !== 'GET' && method !== 'HEAD') return refuse(405);
  const file = await fileAt(site, url);
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !found?.isFile()) return refuse(404);
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Length': found.size,
  });
  if (method === 'HEAD') response.end();
  else await pipeline(createReadStream(file, { end: Math.max(0, found.size - 1) }), response);
}

/**
 * Returns the file at a URL; undefined if there is no such file, or if it is outside the folder.
 */
async function fileAt(
  { folder, files = {} }: StaticSite,
  url: string,
): Promise<string | undefined> {
  let path: string;
  try {
    path = decodeURIComponent(url.split(/[?#]/)[0]).replace(/^\/+/, '');
  } catch {
    return undefined;
  }
  if (Object.hasOwn(files, path)) return files[path];
  if (path.includes('\0')) return undefined;
  const named = join(folder, path === '' || path.endsWith('/') ? `${path}index.html` : path);
  // A link inside the folder may lead out of it, so the real path is checked.
  const real = await realpath(named).catch(() => undefined);
  return real?.startsWith(`${folder}${sep}`) ? real : undefined;
}
