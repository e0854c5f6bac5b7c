import Module, { register } from 'node:module';
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Node's functions behind `require`. Node 20 has no public hook for them. */
interface CommonJs {
  _load: (request: string, ...rest: unknown[]) => unknown;
  _resolveFilename: (request: string, ...rest: unknown[]) => string;
}

/**
 * After this call, this process can import only files from one folder. It cannot import files of
 * other submissions, libraries, or Node's modules, such as `node:fs`, with which it could read the
 * reference solution. So a submission consists of nothing but the content of its folder. This
 * prevents mistakes and simple tricks; a determined attacker can still break out.
 *
 * Errors: at an import, `it imports node:fs, and may import only files of its own folder`.
 */
export function confineImports(folder: string): void {
  const own = `${realpathSync(folder)}${sep}`;
  const hooks = `
    const refusal = ${refusal.toString()};
    let own;
    export function initialize(data) { own = data; }
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context).catch((error) => {
        // A package that is not installed would be refused as well.
        throw /^[a-z@]/i.test(specifier) ? refusal(specifier) : error;
      });
      if (!found.url.startsWith(own) || found.url.includes('/node_modules/')) throw refusal(specifier);
      return found;
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: pathToFileURL(own).href });
  const commonJs = Module as unknown as CommonJs;
  const resolve = commonJs._resolveFilename;
  const found: CommonJs['_resolveFilename'] = (request, ...rest) => {
    try {
      return resolve.call(commonJs, request, ...rest);
    } catch (error) {
      throw /^[a-z@]/i.test(request) ? refusal(request) : error;
    }
  };
  commonJs._resolveFilename = (request, ...rest) => {
    const file = found(request, ...rest);
    const inside = file.startsWith(own) && !file.includes(`${sep}node_modules${sep}`);
    if (!inside) throw refusal(request);
    return file;
  };
  // Node loads `node:fs` without resolving the name. A file of a folder without "type": "module" is
  // CommonJS, so its imports come here as well.
  const load = commonJs._load;
  commonJs._load = (request, ...rest) => {
    if (request.startsWith('node:')) throw refusal(request);
    return load.call(commonJs, request, ...rest);
  };
}

/**
 * Makes the error for a forbidden import. The text of this function is copied into the program of
 * the hooks, so it must not use anything defined outside of it.
 */
function refusal(specifier: string): Error {
  return new Error(`it imports ${specifier}, and may import only files of its own folder`);
}

/**
 * Replaces the global `process` by an object with which a submission can only end its own process.
 * It cannot send messages to the grader, or signals to other processes. The replacement has the
 * properties that the TypeScript loader reads.
 */
export function hideProcess(): void {
  const { arch, env, features, platform, release, version, versions } = process;
  const value = {
    ...{ arch, features, platform, release, version, versions },
    ...{ argv: [], env: { ...env }, execArgv: [] },
    cwd: process.cwd.bind(process),
    emitWarning: process.emitWarning.bind(process),
    exit: process.exit.bind(process),
    hrtime: process.hrtime.bind(process),
    nextTick: process.nextTick.bind(process),
  };
  Object.defineProperty(globalThis, 'process', { value, configurable: true, writable: true });
}
