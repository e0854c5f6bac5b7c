import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { confinedProcess } from '../../psets/standalone/confinedProcess.ts';
import { endProcesses, unusedUser } from '../../psets/standalone/studentUser.ts';
import { NO_ROOT, openFolder } from '../support/gradingSystem.ts';

/**
 * The rights of a student's process. The programs here are attackers that have already escaped from
 * the limits inside of JavaScript.
 */

let folder: string;
beforeAll(() => void (folder = openFolder()));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs an attacker's program in place of the student's, and returns what it sends. */
async function attack(program: string, asOther: boolean): Promise<unknown> {
  const file = join(folder, 'student', 'solution.js');
  const start = confinedProcess(program, process.execPath, asOther ? unusedUser() : undefined);
  const child = start(file, { seconds: 1, memory: 64 });
  const [[message]] = (await Promise.all([once(child, 'message'), once(child, 'exit')])) as [
    unknown[],
    unknown,
  ];
  return message;
}

const ATTACKS = `
  import * as fs from 'node:fs';
  import { spawnSync } from 'node:child_process';
  const attempt = (work) => { try { work(); return 'done'; } catch (error) { return error.code; } };
  const folder = process.argv[2].replace(/.student.solution.js$/, '');
  process.send({
    secret: attempt(() => fs.readFileSync(folder + '/secret')),
    result: attempt(() => fs.writeFileSync(folder + '/results.json', '{}')),
    program: attempt(() => spawnSync('sleep', ['100'])),
    environment: Object.keys(process.env).filter((name) => !name.startsWith('NODE_')),
  }, () => process.exit());`;

test.each([
  ['the same user', false],
  ...(NO_ROOT ? [] : [['another user', true] as const]),
] as const)('reads, writes and starts nothing, as %s', async (_, asOther) => {
  writeFileSync(join(folder, 'secret'), 'values');
  mkdirSync(join(folder, 'student'), { recursive: true });
  writeFileSync(join(folder, 'student', 'solution.js'), '');
  expect(await attack(ATTACKS, asOther)).toEqual({
    secret: 'ERR_ACCESS_DENIED',
    result: 'ERR_ACCESS_DENIED',
    program: 'ERR_ACCESS_DENIED',
    environment: [],
  });
  expect(existsSync(join(folder, 'results.json'))).toBe(false);
});

(NO_ROOT ? test.skip : test)(
  `a process that leaves its group, to write the result later, is ended${NO_ROOT}`,
  async () => {
    const user = unusedUser();
    if (user === undefined) throw new Error('expected another user');
    const late = join(folder, 'late');
    chmodSync(folder, 0o777);
    const script = `
      const { spawn } = require('node:child_process');
      const later = \`setTimeout(() => require('node:fs').writeFileSync('${late}', 'points'), 1500)\`;
      spawn(process.execPath, ['-e', later], { detached: true, stdio: 'ignore' }).unref();`;
    const child = spawn(process.execPath, ['-e', script], { ...user, env: {}, cwd: folder });
    await once(child, 'exit');
    endProcesses(user);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(existsSync(late)).toBe(false);
  },
  30_000,
);
