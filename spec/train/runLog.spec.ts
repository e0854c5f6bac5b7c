import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLog, RunLog } from '../../train/runLog.ts';
import { inputError } from '../support/inputError.ts';
import { runProgram } from '../support/runProgram.ts';

const folder = mkdtempSync(join(tmpdir(), 'boxprop-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a failed write is reported, and the lines after it are complete', async () => {
  const file = join(folder, 'taken.jsonl');
  mkdirSync(file);
  const log = new RunLog(file);
  log.add({ type: 'step', step: 0 });
  await expect(log.flush()).rejects.toEqual(
    inputError(`${file}: cannot be written: EISDIR: illegal operation on a directory`),
  );
  rmdirSync(file);
  writeFileSync(file, '{"type":"st'); // The part of a line that fitted on a full disk.
  log.add({ type: 'failed', step: 1 });
  await log.flush();
  expect(await readLog(file)).toEqual([{ type: 'failed', step: 1 }]);
});

test('lines wait for flush; rewind drops the lines after a checkpoint, and an incomplete one', async () => {
  const file = join(folder, 'log.jsonl');
  expect(await readLog(file)).toEqual([]);
  const log = new RunLog(file);
  for (const step of [0, 1]) log.add({ type: 'step', step });
  log.add({ type: 'epoch', step: 2 });
  expect(await readLog(file)).toEqual([]);
  await log.flush();
  for (const step of [2, 3]) log.add({ type: 'step', step });
  log.add({ type: 'failed', step: 3 });
  await log.flush();
  appendFileSync(file, '{"type":"st');
  expect(await readLog(file)).toHaveLength(6);
  // After three steps, the steps 0, 1 and 2 are done, and so is the epoch that ended with step 1.
  expect(await log.rewind(3)).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(
    '{"type":"step","step":0}\n{"type":"step","step":1}\n{"type":"epoch","step":2}\n{"type":"step","step":2}\n',
  );
  expect(await log.rewind(2)).toBe(0);
  expect((await readLog(file)).map(({ type, step }) => [type, step])).toEqual([
    ['step', 0],
    ['step', 1],
    ['epoch', 2],
  ]);
  // The log has two of five steps.
  expect(await log.rewind(5)).toBe(3);
});

test('rewind counts the steps of a log that was removed', async () => {
  expect(await new RunLog(join(folder, 'removed.jsonl')).rewind(4)).toBe(4);
});

test.each([
  ['null', 'expected an object, got null'],
  ['[]', 'type: expected a value, got none'],
  ['{"type":"step","step":-1}', 'step: expected an integer of at least 0, got -1'],
  ['{"type":"stop","step":1}', 'type: expected "step" or "epoch" or "failed", got "stop"'],
])('the line %s is refused', async (line, message) => {
  const file = join(folder, 'bad.jsonl');
  writeFileSync(file, `{"type":"step","step":0}\n${line}\n`);
  await expect(readLog(file)).rejects.toEqual(inputError(`${file}: line 2: ${message}`));
});

const unix = process.platform !== 'win32';
(unix ? test : test.skip)(
  `a pipe is refused, and not awaited${unix ? '' : ' (skipped: Unix only)'}`,
  async () => {
    const file = join(folder, 'pipe.jsonl');
    runProgram('mkfifo', [file]);
    await expect(readLog(file)).rejects.toThrow(
      inputError(`${file}: expected a file, got a pipe or device`),
    );
  },
);
