import { transformSync } from '@babel/core';

/** Returns TypeScript without its types: JavaScript, as the live page and a fast grader need it. */
export function untyped(source: string): string {
  const options = { filename: 'solution.ts', babelrc: false, configFile: false };
  return transformSync(source, { ...options, presets: ['@babel/preset-typescript'] })?.code ?? '';
}
