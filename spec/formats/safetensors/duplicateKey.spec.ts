import { findDuplicateKey } from '../../../formats/safetensors/duplicateKey.ts';

describe('findDuplicateKey', () => {
  it.each([
    ['{"a":1,"b":2,"a":3}', 'a'],
    ['{"x":{"a":1,\n"a" \t: 2}}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"a\\"":1,"a\\"":2}', 'a"'],
    ['{"a\\\\":1,"b":[{}],"a\\\\":2}', 'a\\'],
    ['{"":1,"":2}', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ])('finds the key of %s', (json, key) => {
    JSON.parse(json);
    expect(findDuplicateKey(json)).toBe(key);
  });

  it.each([
    '{}',
    '"a"',
    '["a","a"]',
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}}}',
    '{"a":[{"b":1},{"b":1}]}',
    '{"a":"\\"a\\":","b":"{\\"a\\":1"}',
    '{"a":1,"a ":2}',
  ])('finds none in %s', (json) => {
    JSON.parse(json);
    expect(findDuplicateKey(json)).toBeUndefined();
  });
});
