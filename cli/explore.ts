import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { similarName } from '../lib/didYouMean.ts';
import { InputError, show } from '../lib/errors.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { integerOption } from './options.ts';
import { printLine, untilSignal } from './process.ts';

interface Options {
  readonly port: number;
  readonly open: boolean;
}

/**
 * The first view of the page: the part of the address that selects it, and the files outside the
 * page's folder that it loads.
 */
interface Opening {
  readonly route: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** The URL of the weights, relative to the page. */
const WEIGHTS = 'run/weights.safetensors';

/** Makes the command `boxprop explore [RUN | WEIGHTS | NETWORK]`. */
export function exploreCommand(): Command {
  return new Command('explore')
    .description('open the live page: both arrows of every box, as numbers that can be checked')
    .argument(
      '[what]',
      'folder of a run, weights (.safetensors, or a LeNet in .pth, .pt), a known network, or an ONNX file ' +
        '(default: the worked example)',
    )
    .option('--port <n>', 'port of 127.0.0.1 (default: any free one)', portOption, 0)
    .option('--no-open', 'open no browser')
    .action(async (what: string | undefined, { port, open }: Options) => {
      const { pageFolder } = await import('./pageFolder.ts');
      const { serveStatic } = await import('./staticServer.ts');
      const { route, files = {} } = what === undefined ? { route: '' } : await openingOf(what);
      const { url, close } = await serveStatic({ folder: pageFolder(), files, port });
      printLine(`${url}${route}`);
      if (open) openBrowser(`${url}${route}`);
      await untilSignal(
        (signal) =>
          new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      );
      close();
    });
}

function portOption(text: string): number {
  const port = integerOption('--port', 0)(text);
  if (port > 65535)
    throw new InputError(`--port: expected an integer of at most 65535, got ${show(text)}`);
  return port;
}

/**
 * Finds out whether the user named a network, the folder of a run, or a weights file. The page
 * cannot run a network that is defined in the user's module file, so it throws for the weights of
 * such a network.
 */
async function openingOf(what: string): Promise<Opening> {
  const { NETWORK_NAMES } = await import('./resolveNetwork.ts');
  if (NETWORK_NAMES.includes(what)) {
    return { route: `#/architectures?name=${encodeURIComponent(what)}` };
  }
  if (isOnnxFile(what)) {
    // A damaged file is refused here and not in the page.
    const { openOnnxFile } = await import('../formats/onnx/onnxFile.ts');
    await openOnnxFile(what);
    const name = basename(what);
    const url = `run/${encodeURIComponent(name)}`;
    const route = `#/architectures?name=${encodeURIComponent(url)}`;
    return { route, files: { [`run/${name}`]: what } };
  }
  const isFolder = (await stat(what).catch(() => undefined))?.isDirectory() ?? false;
  if (!isFolder && !/\.(?:safetensors|pth|pt)$/.test(what)) {
    const similar = similarName(what, NETWORK_NAMES);
    const hint = similar === undefined ? '' : `; did you mean ${similar}?`;
    throw new InputError(
      `explore: expected the folder of a run, a file of weights (.safetensors, .pth, .pt), an ONNX file or the name of a network, ` +
        `got ${show(what)}${hint}`,
    );
  }
  const file = isFolder ? join(what, 'weights.safetensors') : what;
  const { networkNameOf, readWeightsHeader } = await import('../models/loadTrainedNetwork.ts');
  const header = await readWeightsHeader(file);
  // A file of PyTorch names no network. The page runs LeNet, and says where the weights differ.
  const name = networkNameOf(header) ?? (header.format === 'PyTorch' ? 'lenet' : undefined);
  if (name === undefined || !NETWORK_NAMES.includes(name)) {
    throw new InputError(
      `${file}: expected weights of a network of boxprop, such as lenet, got ${show(name)}: ` +
        'the page cannot run the module of a network',
    );
  }
  const { readClassWeights } = await import('./weightsFile.ts');
  await readClassWeights(file, name);
  return { route: `#/live?weights=${WEIGHTS}`, files: { [WEIGHTS]: file } };
}

/** Opens the user's browser. If there is no browser, the printed address is enough. */
function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""', url]
        : ['xdg-open', url];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
