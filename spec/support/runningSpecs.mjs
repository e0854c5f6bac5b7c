import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/** The environment variable by which `jest.ts` names the file of the list. */
const RUNNING = 'BOXPROP_RUNNING_SPECS';

/** A reporter of Jest that keeps a list of the spec files that are running, in a file. */
export default class RunningSpecs {
  #running = new Set();

  onTestFileStart({ path }) {
    this.#running.add(relative(process.cwd(), path));
    this.#write();
  }

  onTestFileResult({ path }) {
    this.#running.delete(relative(process.cwd(), path));
    this.#write();
  }

  #write() {
    const { [RUNNING]: file } = process.env;
    if (file !== undefined) writeFileSync(file, [...this.#running].join(' '));
  }
}
