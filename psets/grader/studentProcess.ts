/**
 * The program of a student's process. It imports the file that its first argument names, and then
 * answers lists of calls. The second argument limits the processor time for each list, in seconds,
 * and the third limits the memory, in MiB. An endless loop or a crash ends only this process.
 */
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Call, Reply } from './answer.ts';
import { answerCall, messageOf } from './answerCall.ts';
import { confineImports, hideProcess } from './confine.ts';
import { keepPrinted } from './printed.ts';
import { ProcessLimit } from './processLimit.ts';

/** This process. The global `process` is later hidden from the submission. */
const grader = process;

function send(reply: Reply): void {
  grader.send?.(reply);
}

try {
  const [, , file, seconds, memory] = grader.argv;
  const limit = new ProcessLimit(Number(memory));
  const path = resolve(file);
  confineImports(dirname(path));
  hideProcess();
  keepPrinted();
  const exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  grader.on('message', (calls: readonly Call[]) => {
    const answers = limit.during(Number(seconds), () =>
      calls.map((call) => answerCall(exported, call)),
    );
    send({ kind: 'answers', answers });
  });
  send({ kind: 'loaded' });
} catch (error) {
  send({ kind: 'unloadable', message: messageOf(error) });
  grader.exitCode = 1;
  // Node tells the line of a syntax error only when it prints an error that nobody caught.
  if (error instanceof SyntaxError)
    setImmediate(() => {
      throw error;
    });
}
