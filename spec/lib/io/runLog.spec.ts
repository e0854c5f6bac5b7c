import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLog, RunLog } from '../../../lib/io/runLog.ts';

const folder = mkdtempSync(join(tmpdir(), 'boxprop-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('lines wait for flush; rewind drops what came after a checkpoint, and half a line', async () => {
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
  // After three steps: 0, 1 and 2 are done, and the epoch that ended with step 1.
  await log.rewind(3);
  expect(readFileSync(file, 'utf8')).toBe(
    '{"type":"step","step":0}\n{"type":"step","step":1}\n{"type":"epoch","step":2}\n{"type":"step","step":2}\n',
  );
  await log.rewind(2);
  expect((await readLog(file)).map(({ type, step }) => [type, step])).toEqual([
    ['step', 0],
    ['step', 1],
    ['epoch', 2],
  ]);
});
