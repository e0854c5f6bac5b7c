import { NotReady, type Check } from './check.ts';

/** Where the workflow is that publishes. npm must know this path as the trusted publisher. */
const WORKFLOW = '.github/workflows/release.yml';

/** What the workflow must say, and why. */
const SETTINGS: Readonly<Record<string, RegExp>> = {
  "tags: ['v*']": /^ {4}tags: \['v\*'\]$/m,
  'id-token: write': /^ {6}id-token: write$/m,
  'environment: npm': /^ {4}environment: npm$/m,
  '--provenance': /npm publish \S+ --provenance --access public$/m,
};

/**
 * npm signs where and from which commit a package was built, if a workflow with an identity of its
 * own publishes it. Then no token exists that could leak.
 */
export const provenance: Check = {
  name: 'provenance',
  run({ read }) {
    const workflow = read(WORKFLOW);
    for (const [setting, pattern] of Object.entries(SETTINGS)) {
      if (!pattern.test(workflow)) {
        throw new NotReady(`expected "${setting}" in ${WORKFLOW}, got none: write it there`);
      }
    }
    if (/NODE_AUTH_TOKEN|NPM_TOKEN/.test(workflow)) {
      throw new NotReady(`expected no token in ${WORKFLOW}: npm's trusted publishing needs none`);
    }
    const { repository, private: isPrivate } = JSON.parse(read('package.json')) as {
      repository?: { url?: string };
      private?: boolean;
    };
    if (isPrivate) throw new NotReady('expected package.json without "private": remove it');
    const url = repository?.url ?? '';
    if (!/^git\+https:\/\/github\.com\/[\w.-]+\/[\w.-]+\.git$/.test(url)) {
      throw new NotReady(
        `expected "repository" of package.json to name this repository at GitHub, got ${JSON.stringify(url)}: npm refuses the provenance otherwise`,
      );
    }
    return `${WORKFLOW} publishes ${url} by OIDC`;
  },
};
