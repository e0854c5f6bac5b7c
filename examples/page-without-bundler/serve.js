import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

// Serves this folder, for this machine only.
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const port = Number(process.env.PORT ?? 8080);

createServer(async ({ url }, response) => {
  const { pathname } = new URL(url, 'http://localhost');
  const file = normalize(decodeURIComponent(pathname === '/' ? '/index.html' : pathname));
  try {
    const bytes = await readFile(join(import.meta.dirname, file));
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}).listen(port, '127.0.0.1', () => console.log(`http://localhost:${port}`));
