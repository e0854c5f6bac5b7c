import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuseLinks } from '../../../lib/files/refuseLinks.ts';
import { inputError } from '../../support/inputError.ts';

let folder: string;
let run: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'boxprop-links-')));
  run = join(folder, 'run');
  await mkdir(run);
});
afterEach(() => rm(folder, { recursive: true }));

test('accepts files, folders, links inside, and names that do not exist', async () => {
  await writeFile(join(run, 'a'), '');
  await mkdir(join(run, 'b'));
  await symlink('a', join(run, 'c'));
  await refuseLinks(run, ['a', 'b', 'c', 'd']);
  await refuseLinks(join(folder, 'nowhere'), ['a']);
  await symlink(run, join(folder, 'linked'));
  await refuseLinks(join(folder, 'linked'), ['a', 'c']);
});

test('refuses links to elsewhere', async () => {
  const notes = join(folder, 'notes.txt');
  await writeFile(notes, '');
  await symlink(notes, join(run, 'report.html'));
  await expect(refuseLinks(run, ['report.html'])).rejects.toThrow(
    inputError(
      `${join(run, 'report.html')}: expected a file in its folder, got a link to "${notes}"; delete the link`,
    ),
  );
  await symlink(join(folder, 'new.txt'), join(run, 'log.jsonl'));
  await expect(refuseLinks(run, ['log.jsonl'])).rejects.toThrow(
    inputError(
      `${join(run, 'log.jsonl')}: expected a file in its folder, got a link to nothing; delete the link`,
    ),
  );
  // Another folder, whose name only begins with that of the first.
  await mkdir(`${run}-2`);
  await symlink(`${run}-2`, join(run, 'report'));
  await expect(refuseLinks(run, ['report'])).rejects.toThrow(`got a link to "${run}-2"`);
});
