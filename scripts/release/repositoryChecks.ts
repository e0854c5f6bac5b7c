import { NotReady, type Check } from './check.ts';

/** The commit must be all that there is: what is released can be found again. */
export const tree: Check = {
  name: 'clean tree',
  run({ git }) {
    const changed = git('status', '--porcelain').split('\n').filter(Boolean);
    if (changed.length > 0) {
      const [first] = changed;
      const more = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
      throw new NotReady(
        `expected no changed file, got ${first.slice(3)}${more}: commit or remove them`,
      );
    }
    return `nothing differs from ${git('rev-parse', '--short', 'HEAD')}`;
  },
};

/** A release is made on main, or, in the workflow, at the tag of the version. */
export const branch: Check = {
  name: 'branch',
  run({ git, version }) {
    const tag = `v${version}`;
    const tags = git('tag', '--points-at', 'HEAD').split('\n');
    if (tags.includes(tag)) return `HEAD is ${tag}`;
    if (git('tag', '--list', tag) !== '') {
      throw new NotReady(
        `expected ${tag} to be new or at HEAD, got a tag at ${git('rev-parse', '--short', `${tag}^{commit}`)}: choose another version`,
      );
    }
    const current = git('branch', '--show-current');
    if (current !== 'main') {
      throw new NotReady(
        `expected the branch main, got ${current === '' ? 'no branch' : current}: git switch main`,
      );
    }
    return `main; ${tag} is new`;
  },
};
