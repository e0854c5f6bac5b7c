import * as proof from './proof.ts';

/**
 * A program that calls an export of `proof.ts` in Node and prints the result as JSON. Its arguments
 * are the name of the export and a JSON list of arguments.
 */
const [name, args] = process.argv.slice(2);
const call = proof[name as keyof typeof proof] as (...args: unknown[]) => Promise<unknown>;
process.stdout.write(JSON.stringify(await call(...(JSON.parse(args) as unknown[]))));
