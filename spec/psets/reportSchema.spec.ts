import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isObject } from '../../lib/isObject.ts';
import { Rng } from '../../lib/rng.ts';
import { checkPset } from '../../psets/grader/check.ts';
import { REPORT, VALUE } from '../../psets/grader/reportSchema.ts';
import { psets } from '../../psets/index.ts';
import { LocalStudent } from '../../psets/recorded/localStudent.ts';
import { wrongAnswers } from '../support/wrongAnswers.ts';
import { jsonSchema } from '../support/jsonSchema.ts';
import { ROOT } from '../support/runCommand.ts';

test('the published JSON Schema is the schema of the code', () => {
  const file = join(ROOT, 'docs', 'pset-report.schema.json');
  const published: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isObject(published)) throw new Error('expected an object');
  const { $schema, $id, title, description, $defs, ...rest } = published;
  expect([$schema, $id, title, description].every((text) => typeof text === 'string')).toBe(true);
  expect(rest).toEqual(jsonSchema(REPORT));
  expect($defs).toEqual({ value: jsonSchema(VALUE.getter(undefined)) });
});

test('reports of right and of wrong solutions have it', async () => {
  const [linear] = psets;
  let failed = 0;
  for (const answers of wrongAnswers(linear)) {
    const report = await checkPset(linear, new LocalStudent(answers), new Rng(0));
    const read = v.safeParse(REPORT, JSON.parse(JSON.stringify(report)));
    expect(read.issues).toBeUndefined();
    failed += report.tasks.filter(({ example }) => example !== undefined).length;
  }
  expect(failed).toBeGreaterThan(5);
});
