import { isObject } from '../../lib/isObject.ts';

/**
 * Converts a valibot schema to a JSON Schema. A lazy schema, which refers to itself, becomes a
 * reference to `#/$defs/value`.
 *
 * Errors: a kind of schema that this function does not know.
 */
export function jsonSchema(schema: unknown): unknown {
  if (!isObject(schema)) throw new Error('expected a schema');
  switch (schema.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return { type: schema.type };
    case 'lazy':
      return { $ref: '#/$defs/value' };
    case 'union':
      return { anyOf: (schema.options as unknown[]).map(jsonSchema) };
    case 'array':
      return { type: 'array', items: jsonSchema(schema.item) };
    case 'record':
      return { type: 'object', additionalProperties: jsonSchema(schema.value) };
    case 'object': {
      const entries = Object.entries(schema.entries as Record<string, unknown>);
      const optional = (part: unknown) => isObject(part) && part.type === 'optional';
      const plain = (part: unknown) =>
        isObject(part) && part.type === 'optional' ? part.wrapped : part;
      return {
        type: 'object',
        properties: Object.fromEntries(
          entries.map(([name, part]) => [name, jsonSchema(plain(part))]),
        ),
        required: entries.filter(([, part]) => !optional(part)).map(([name]) => name),
      };
    }
    default:
      throw new Error(`expected a known kind of schema, got ${String(schema.type)}`);
  }
}
