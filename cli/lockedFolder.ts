import { lockFolder } from '../lib/files/folderLock.ts';
import { makeFolder } from '../lib/files/makeFolder.ts';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';

/**
 * Creates the folder of a run or a search if necessary, and locks it for this process, because two
 * processes that write to the same log would corrupt it.
 *
 * Errors: a folder that cannot be written; a folder that another process uses.
 * @param option the option that named the folder, for messages.
 * @returns a function that unlocks the folder.
 */
export async function lockedFolder(option: string, folder: string): Promise<() => Promise<void>> {
  try {
    await makeFolder(folder);
    return await lockFolder(folder);
  } catch (error) {
    const problem =
      error instanceof BoxpropError
        ? error.message
        : `expected a folder that can be written, got ${show(folder)}: ${systemProblem(error)}`;
    throw new InputError(`${option}: ${problem}`, { cause: error });
  }
}
