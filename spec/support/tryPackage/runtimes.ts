import { join } from 'node:path';

/** A program that runs JavaScript, from a package of npm that carries its binary. */
export interface Runtime {
  /** Its name in the table. */
  readonly name: string;
  /** What npm installs, under a name of its own because several versions are installed. */
  readonly spec: Readonly<Record<string, string>>;
  /** The path of the binary in node_modules. */
  readonly binary: string;
  /** The arguments in front of a file. */
  readonly args: readonly string[];
}

/** The versions of Node that boxprop is tried with: all that are maintained, and the oldest. */
const NODES = [20, 22, 24, 26];

/** The runtimes for this machine. Errors: a machine that is not Linux on x64 or arm64. */
export function runtimes(): Runtime[] {
  const { platform, arch } = process;
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new Error(`try:package: expected Linux on x64 or arm64, got ${platform} on ${arch}`);
  }
  const [bun, deno] = [
    `@oven/bun-linux-${arch === 'x64' ? 'x64' : 'aarch64'}`,
    `@deno/linux-${arch}-glibc`,
  ];
  return [
    ...NODES.map((version) => ({
      name: `Node ${version}`,
      spec: { [`node${version}`]: `npm:node-linux-${arch}@${version}` },
      binary: `node${version}/bin/node`,
      args: [],
    })),
    { name: 'Bun', spec: { [bun]: '1' }, binary: join(bun, 'bin/bun'), args: ['run'] },
    // Deno asks for each right, and -A gives it all of them, as Node has.
    { name: 'Deno', spec: { [deno]: '2' }, binary: join(deno, 'deno'), args: ['run', '-A'] },
  ];
}
