import { NotReady, type Check } from './check.ts';

/** Licences that ask for no more than their text. */
const ALLOWED =
  /^\(?(MIT|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense)( (OR|AND) (MIT|ISC|Apache-2\.0|CC0-1\.0))*\)?$/;

/** The part of package-lock.json about one package. */
interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/**
 * The licences of what a user installs with boxprop: the package itself, its dependencies, and the
 * packages that are bundled, whose texts must be in the tarball. Optional packages, such as sharp,
 * are the user's choice.
 */
export const licences: Check = {
  name: 'licences',
  run({ read, packed }) {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Readonly<Record<string, Locked>>;
    };
    const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');
    const installed = Object.entries(packages).filter(
      ([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional,
    );
    const texts = packed('dist/vendor/LICENSES.txt').split(/^-{80}$/m);
    const bundled = texts.map((text) => text.trim().split('\n')[0].split(' ')[0]);
    const empty = bundled.find((_, n) => texts[n].trim().split('\n').length < 3);
    if (empty !== undefined) {
      throw new NotReady(`expected the licence of ${empty} in dist/vendor/LICENSES.txt, got none`);
    }
    const found = [
      ...installed.map(([path, { license }]) => [nameOf(path), license] as const),
      ...bundled.map((name) => [name, packages[`node_modules/${name}`]?.license] as const),
    ];
    const odd = found.find(([, license]) => license === undefined || !ALLOWED.test(license));
    if (odd !== undefined) {
      throw new NotReady(
        `expected a licence such as MIT for ${odd[0]}, got ${odd[1]}: read it, and allow it in scripts/release/licenceCheck.ts or take another package`,
      );
    }
    return `${installed.length} dependencies, ${bundled.length} bundled packages, all permissive`;
  },
};
