import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { InputError, show } from '../../lib/errors.ts';
import { readRegularText } from '../../lib/files/readFile.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { parseJson } from '../../lib/parseJson.ts';
import { checkSchema, integer, number, object, record, text } from '../../lib/schema.ts';
import type { RunOptions } from '../trainOptions.ts';
import type { Retraining } from './retrain.ts';

const FILE = object({
  version: text(),
  options: record(v.unknown()),
  fingerprint: text(),
  weights: text(),
  results: v.array(
    object({
      without: v.array(text()),
      seed: integer(0),
      errors: integer(0),
      examples: integer(1),
      loss: number(),
      seconds: number(0),
    }),
  ),
});

/** The settings that all trainings of a folder share. */
export interface AblationPlan {
  /** The version of boxprop that trains. */
  readonly version: string;
  readonly options: RunOptions;
  /** The hash of the training data by `dataFingerprint`. */
  readonly fingerprint: string;
  /** The hash of the whole network and its initial weights, which tells an edited file. */
  readonly weights: string;
}

/**
 * The results of an ablation in a folder: `ablation.json`. It is written after each training, so
 * that a command that was interrupted continues, and further seeds and layers can be added.
 */
export class AblationFile {
  readonly file: string;
  readonly #plan: AblationPlan;
  readonly #results: Retraining[];

  private constructor(file: string, plan: AblationPlan, results: Retraining[]) {
    this.file = file;
    this.#plan = plan;
    this.#results = results;
  }

  /**
   * Opens the file of a folder, with the results that it has.
   *
   * Errors: a file that is not one; results of other options, data, or another network or version.
   */
  static async open(folder: string, plan: AblationPlan): Promise<AblationFile> {
    const file = join(folder, 'ablation.json');
    if (!existsSync(file)) return new AblationFile(file, plan, []);
    const { results, ...stored } = checkSchema(
      file,
      FILE,
      parseJson(file, await readRegularText(file)),
    );
    const now: Record<string, unknown> = { ...plan.options };
    const differs =
      stored.version !== plan.version
        ? `version ${plan.version}, got ${stored.version}`
        : [...new Set([...Object.keys(stored.options), ...Object.keys(now)])]
            .filter((key) => show(stored.options[key]) !== show(now[key]))
            .map((key) => `${key} ${show(stored.options[key])}, got ${show(now[key])}`)[0];
    if (differs !== undefined)
      throw new InputError(`--out: expected the options of ${file}: ${differs}`);
    if (stored.fingerprint !== plan.fingerprint)
      throw new InputError(`--out: expected the training data of ${file}, got other examples`);
    if (stored.weights !== plan.weights)
      throw new InputError(`--out: expected the network of ${file}, got another one of its name`);
    return new AblationFile(file, plan, results);
  }

  /** The results so far. */
  get results(): readonly Retraining[] {
    return this.#results;
  }

  /** Returns the result of a training, if it is done. */
  resultOf(without: readonly string[], seed: number): Retraining | undefined {
    const name = without.join('+');
    return this.#results.find((one) => one.seed === seed && one.without.join('+') === name);
  }

  /** Adds a result and writes the file. */
  async add(result: Retraining): Promise<void> {
    this.#results.push(result);
    const content = { ...this.#plan, results: this.#results };
    await writeFileAtomic(this.file, `${JSON.stringify(content, undefined, 2)}\n`);
  }
}
