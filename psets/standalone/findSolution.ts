/**
 * Finds the file of a problem set among the files of a submission. For a problem set `linear`, this
 * is the first of: `linear/solution.ts`, `linear.ts`, and, if there is no other problem set,
 * `solution.ts` or a file `solution.ts` in a folder, as in a compressed folder. JavaScript files
 * are accepted as well. If both exist, TypeScript counts.
 *
 * @param only whether the submission belongs to this problem set only.
 */
export function findSolution(
  files: readonly string[],
  name: string,
  only: boolean,
): string | undefined {
  const kinds = ['ts', 'js'];
  const exact = [`${name}/solution`, name, ...(only ? ['solution'] : [])];
  for (const path of exact.flatMap((base) => kinds.map((kind) => `${base}.${kind}`))) {
    if (files.includes(path)) return path;
  }
  const inner = (end: string) =>
    kinds.flatMap((kind) => files.filter((file) => file.endsWith(`/${end}.${kind}`))).at(0);
  return inner(`${name}/solution`) ?? inner(name) ?? (only ? inner('solution') : undefined);
}
