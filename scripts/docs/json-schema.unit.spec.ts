import { expect, it } from 'vitest';
import { fieldsOf, typeText } from './json-schema.js';

const text = { type: 'string' };

it('lists the members of objects, of lists and of alternatives by their path', () => {
  const service = {
    type: 'object',
    properties: { name: text, port: { type: 'integer' } },
    required: ['name'],
  };
  const schema = {
    type: 'object',
    properties: { token: text, services: { items: { anyOf: [text, service] } } },
  };
  expect(fieldsOf(schema).map(({ path, isRequired }) => [path, isRequired])).toEqual([
    ['token', false],
    ['services', false],
    ['services[].name', true],
    ['services[].port', false],
  ]);
});

it.each([
  [{ type: 'integer', minimum: 1, maximum: 9 }, 'whole number, 1 to 9'],
  [{ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, 'whole number, 1 or more'],
  [{ enum: ['a', 'b'] }, '`a`, `b`'],
  [{ anyOf: [text, { type: 'array', items: text }] }, 'text or list of text'],
  [{ type: 'array', items: text, maxItems: 100 }, 'list of at most 100: text'],
  [{ type: 'array', items: text, minItems: 1 }, 'list of at least 1: text'],
  [{ type: 'array', items: text, minItems: 1, maxItems: 9 }, 'list of 1 to 9: text'],
  [{ type: 'object', additionalProperties: text }, 'object of text'],
  [{ type: 'string', format: 'date-time' }, 'time, RFC 3339'],
])('says of %j what may stand there', (schema, said) => {
  expect(typeText(schema)).toBe(said);
});
