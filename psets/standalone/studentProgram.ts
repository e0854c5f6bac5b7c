/**
 * The program of a student's process in the checker that is a single file. It reads TypeScript
 * files as JavaScript, because the grader has removed their types, and it finds files that are
 * imported without the ending, as TypeScript does.
 */
import { register } from 'node:module';

const HOOKS = `
  import { readFile } from 'node:fs/promises';
  export async function resolve(specifier, context, next) {
    try {
      return await next(specifier, context);
    } catch (error) {
      if (!/^\\.{1,2}\\//.test(specifier)) throw error;
      for (const other of [specifier + '.ts', specifier + '.js', specifier.replace(/\\.js$/, '.ts')]) {
        try {
          return await next(other, context);
        } catch {}
      }
      throw error;
    }
  }
  export async function load(url, context, next) {
    if (!/\\.[mc]?ts$/.test(url)) return next(url, context);
    return { format: 'module', source: await readFile(new URL(url)), shortCircuit: true };
  }`;

register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);
await import('../grader/studentProcess.ts');
