import type { Call, Reply } from '../../psets/grader/answer.ts';
import { answerCall, messageOf } from '../../psets/grader/answerCall.ts';
import { keepPrinted } from '../../psets/grader/printed.ts';

/**
 * The worker of a submission: its first message is the source of the module, and each further one a
 * list of calls. An endless loop stops only this worker, which the page then ends.
 */

/** The original function is stored here, because the submission may replace the global function. */
const post = self.postMessage.bind(self);

keepPrinted();

let exported: Record<string, unknown> | undefined;

self.addEventListener('message', ({ data }: MessageEvent<string | readonly Call[]>) => {
  if (typeof data === 'string') void load(data);
  else if (exported !== undefined) reply(answerAll(exported, data));
});

async function load(source: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    exported = (await import(/* @vite-ignore */ url)) as Record<string, unknown>;
    reply({ kind: 'loaded' });
  } catch (error) {
    reply({ kind: 'unloadable', message: messageOf(error) });
  } finally {
    URL.revokeObjectURL(url);
  }
}

function answerAll(functions: Record<string, unknown>, calls: readonly Call[]): Reply {
  return { kind: 'answers', answers: calls.map((call) => answerCall(functions, call)) };
}

function reply(message: Reply): void {
  post(message);
}
