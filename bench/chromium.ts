import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

/** A page of a headless Chromium that has loaded the bundle of a module. */
export interface Page {
  /** Calls an export of the module in the page, with arguments and a result that survive JSON. */
  call<T>(name: string, ...args: unknown[]): Promise<T>;
  close(): Promise<void>;
}

export interface PageOptions {
  /** This function is called with each line that the page writes to its console. */
  readonly onConsole?: (line: string) => void;
  /** Additional switches for Chromium. */
  readonly switches?: readonly string[];
}

/**
 * SwiftShader renders in software, so webgl and webgpu also run without a graphics card. Chromium's
 * background network requests are off.
 */
const SWITCHES = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];

/**
 * Returns the path of Chromium: the variable CHROMIUM, or else the first Chromium on the PATH.
 * Returns undefined if there is none.
 */
export function findChromium(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM !== undefined) return CHROMIUM;
  return PATH.split(delimiter)
    .flatMap((folder) =>
      ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)),
    )
    .find((path) => existsSync(path));
}

/** Starts a headless Chromium with a new profile, which `close` removes. */
export async function launchChromium(switches: readonly string[] = []) {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('Chromium is not installed');
  const profile = mkdtempSync(join(tmpdir(), 'boxprop-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [...SWITCHES, ...switches],
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context, close };
}

/**
 * Bundles a module for the browser and loads it into a page of headless Chromium. The page is at
 * http://localhost, where webgpu is allowed, and it is isolated from other origins, because only
 * isolated pages have the finest clock.
 */
export async function openChromium(
  entry: string,
  { onConsole, switches = [] }: PageOptions = {},
): Promise<Page> {
  const server = await serve(await bundle(entry));
  const { context, close: closeChromium } = await launchChromium(switches);
  const close = async () => {
    await closeChromium();
    server.close();
  };
  try {
    const page = await context.newPage();
    page.on('console', (message) => onConsole?.(message.text()));
    page.on('pageerror', (error) => onConsole?.(String(error)));
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await page.evaluate(`import('/entry.js').then((entry) => void (globalThis.entry = entry))`);
    const call = <T>(name: string, ...args: unknown[]): Promise<T> =>
      page.evaluate(`entry[${JSON.stringify(name)}](...${JSON.stringify(args)})`);
    return { call, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens a page for one call: calls an export of a module in it and closes the page. */
export async function runInChromium<T>(
  entry: string,
  name: string,
  args: readonly unknown[] = [],
  options: PageOptions = {},
): Promise<T> {
  const page = await openChromium(entry, options);
  try {
    return await page.call<T>(name, ...args);
  } finally {
    await page.close();
  }
}

/** Bundles a module and everything that it imports into one module for the browser. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['boxprop-source'],
    // tfjs's packages also have a bundle for browsers in `browser`, but each such bundle contains
    // its own copy of tfjs-core.
    mainFields: ['module', 'main'],
    // Results name boxes by their class names, so bundling must keep them.
    keepNames: true,
    logLevel: 'error',
  });
  return outputFiles[0].text;
}

async function serve(script: string): Promise<Server> {
  const server = createServer(({ url }, response) => {
    const isolated = {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    };
    if (url === '/entry.js')
      response.writeHead(200, { ...isolated, 'Content-Type': 'text/javascript' }).end(script);
    else if (url === '/')
      response
        .writeHead(200, { ...isolated, 'Content-Type': 'text/html' })
        .end('<!doctype html><link rel="icon" href="data:,">');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}
