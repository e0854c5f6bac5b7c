import { NotReady, type Check, type Release } from './check.ts';

/** The largest tarball, and the largest package when it is installed, in bytes. */
const [MAX_PACKED, MAX_UNPACKED] = [5e6, 18e6];

/** Files that no package may hold: tests, secrets, and files of an editor or a system. */
const FOREIGN =
  /(^|\/)(spec|node_modules|\.git[^/]*|\.env[^/]*|\.npmrc|\.DS_Store)(\/|$)|\.(tgz|log|pem|key)$/;

/** The tarball is as small as people expect. */
export const sizes: Check = {
  name: 'sizes',
  run({ files, packedSize }) {
    const unpacked = [...files.values()].reduce((sum, size) => sum + size, 0);
    for (const [what, size, limit] of [
      ['a tarball', packedSize, MAX_PACKED],
      ['a package', unpacked, MAX_UNPACKED],
    ] as const) {
      if (size <= limit) continue;
      const largest = [...files].sort(([, a], [, b]) => b - a)[0];
      throw new NotReady(
        `expected ${what} of at most ${megabytes(limit)}, got ${megabytes(size)}: see what ${largest[0]} (${megabytes(largest[1])}) holds`,
      );
    }
    return `${megabytes(packedSize)} packed, ${megabytes(unpacked)} in ${files.size} files`;
  },
};

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** The part of package.json that names files. */
interface Manifest {
  readonly main: string;
  readonly types: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** Each file that package.json names is in the tarball, and nothing that does not belong there. */
export const contents: Check = {
  name: 'contents',
  run({ files, packed }) {
    const { main, types, bin, exports } = JSON.parse(packed('package.json')) as Manifest;
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    const wanted = [main, types, ...Object.values(bin), ...targets].map((path) =>
      path.replace(/^\.\//, ''),
    );
    wanted.push('README.md', 'LICENSE', 'CHANGELOG.md', 'dist/vendor/LICENSES.txt');
    const missing = wanted.find((path) => !files.has(path));
    if (missing !== undefined) {
      throw new NotReady(
        `expected ${missing} in the tarball, got none: see "files" of package.json`,
      );
    }
    const foreign = [...files.keys()].find((path) => FOREIGN.test(path));
    if (foreign !== undefined) {
      throw new NotReady(`expected no ${foreign} in the tarball: leave it out in "files"`);
    }
    return `${wanted.length} files that package.json names are there, nothing foreign`;
  },
};

/** Each entry has its declarations, and they import only files that are there. */
export const types: Check = {
  name: 'types',
  run({ files, packed }) {
    const declarations = [...files.keys()].filter((path) => path.endsWith('.d.ts'));
    if (declarations.length === 0)
      throw new NotReady('expected declarations, got none: npm run build');
    for (const path of declarations) {
      for (const [, target] of packed(path).matchAll(/(?:from|import)\s*\(?['"](\.[^'"]+)['"]/g)) {
        const parts = [...path.split('/').slice(0, -1), ...target.split('/')];
        const resolved = parts
          .reduce<string[]>(step, [])
          .join('/')
          .replace(/\.[jt]s$/, '.d.ts');
        if (files.has(resolved)) continue;
        throw new NotReady(
          `expected ${resolved}, which ${path} imports, in the tarball, got none: see "files"`,
        );
      }
    }
    return `${declarations.length} declaration files import nothing that is missing`;
  },
};

/** Follows one part of a path: `a/b` and `..` give `a`. */
function step(path: string[], part: string): string[] {
  if (part === '.') return path;
  return part === '..' ? path.slice(0, -1) : [...path, part];
}

/** The list of checks of the tarball reads one file many times, so its text is kept. */
export function keepTexts(read: Release['packed']): Release['packed'] {
  const texts = new Map<string, string>();
  return (path) => {
    const text = texts.get(path) ?? read(path);
    texts.set(path, text);
    return text;
  };
}
