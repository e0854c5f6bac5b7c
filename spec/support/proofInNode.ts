import * as proof from './proof.ts';

/**
 * A program that calls an export of `proof.ts` in Node, and prints as JSON what came of it: NAME
 * ARGUMENTS
 */
const [name, args] = process.argv.slice(2);
const call = proof[name as keyof typeof proof] as (...args: unknown[]) => Promise<unknown>;
process.stdout.write(JSON.stringify(await call(...(JSON.parse(args) as unknown[]))));
