import { NotReady, type Check, type Release } from './check.ts';

/** The manifest's part that the checks read. */
interface Manifest {
  readonly version?: string;
  readonly packages?: Readonly<Record<string, { readonly version?: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const parse = (text: string) => JSON.parse(text) as Manifest;

/** The version is the same wherever it is written, and newer than every released one. */
export const version: Check = {
  name: 'version',
  run(release) {
    const { version: wanted } = release;
    const lock = parse(release.read('package-lock.json'));
    const stated = {
      'package.json': parse(release.read('package.json')).version,
      'package-lock.json': lock.version,
      'packages[""] of package-lock.json': lock.packages?.['']?.version,
    };
    for (const [where, got] of Object.entries(stated)) {
      if (got !== wanted) {
        throw new NotReady(
          `expected ${wanted} in ${where}, got ${got}: npm version ${wanted} --no-git-tag-version`,
        );
      }
    }
    const tags = release.git('tag', '--list', 'v*').split('\n').filter(Boolean);
    const newer = tags.map((tag) => tag.slice(1)).find((old) => compare(old, wanted) > 0);
    if (newer !== undefined) {
      throw new NotReady(`expected a version above ${newer}, which is tagged, got ${wanted}`);
    }
    return `${Object.keys(stated).join(', ')} say ${wanted}`;
  },
};

/** Compares two versions by their three numbers. */
function compare(a: string, b: string): number {
  const [first, second] = [a, b].map((one) => one.split(/[.-]/).slice(0, 3).map(Number));
  const k = first.findIndex((number, n) => number !== second[n]);
  return k < 0 ? 0 : first[k] - second[k];
}

/** The examples install this version: `^0.1.0` would not take 0.2.0. */
export const examples: Check = {
  name: 'examples',
  run(release) {
    const listed = release.git('ls-files', 'examples/*/package.json').split('\n').filter(Boolean);
    for (const file of listed) {
      const range = parse(release.read(file)).dependencies?.boxprop;
      if (range !== `^${release.version}`) {
        throw new NotReady(
          `expected "boxprop": "^${release.version}" in ${file}, got ${range}: write it there`,
        );
      }
    }
    return `${listed.length} take ^${release.version}`;
  },
};

/** The changelog has a section for the version, with a date and with text. */
export const changelog: Check = {
  name: 'changelog',
  run(release) {
    const section = changelogSection(release);
    const lines = section.split('\n').filter((line) => line.trim() !== '');
    if (lines.length < 2) {
      throw new NotReady(
        `expected text below "## ${release.version}" in CHANGELOG.md, got none: say what changed`,
      );
    }
    return `"${lines[0]}" has ${lines.length - 1} lines`;
  },
};

/** Returns the section of the version, with its heading. */
function changelogSection({ read, version: wanted }: Release): string {
  const sections = read('CHANGELOG.md').split(/^(?=## )/m);
  const found = sections.find((one) => one.startsWith(`## ${wanted} (`));
  if (found !== undefined && /^## \S+ \(\d{4}-\d\d-\d\d\)$/m.test(found)) return found;
  const heading = sections.find((one) => one.startsWith('## '))?.split('\n')[0];
  throw new NotReady(
    `expected the heading "## ${wanted} (YYYY-MM-DD)" in CHANGELOG.md, got ${JSON.stringify(heading)} first: rename it`,
  );
}
