import { describe, expect, it } from 'vitest';
import { secretRequested, secretValueSchema } from './messages/secret-requested.js';

const { example, schema } = secretRequested;
const { sealedValue: _, ...unsealed } = example;

describe('a secret request', () => {
  it.each([
    ['a value to be set that is not sealed', { ...unsealed, value: 'hunter2' }],
    ['a sealed value that is none', { ...example, sealedValue: 'hunter2' }],
    ['a sealed value that is too long', { ...example, sealedValue: `a.b.c.${'d'.repeat(300_000)}.e` }],
    ['a value with a removal', { ...example, mode: 'remove' }],
    ['a name that is none', { ...example, name: 'DB_PASSWORD' }],
    ['an application that is none', { ...example, appId: '../shop' }],
    ['no token', { ...example, token: undefined }],
  ])('with %s is refused, and not repeated', (_what, body) => {
    const { success, error } = schema.safeParse(body);
    expect(success).toBe(false);
    expect(JSON.stringify(error?.issues.map(({ message }) => message))).not.toContain('hunter2');
  });

  it('to remove one needs no value', () => {
    expect(schema.safeParse({ ...unsealed, mode: 'remove' }).success).toBe(true);
  });
});

describe('the value of a secret', () => {
  it('is measured in bytes', () => {
    expect(secretValueSchema.safeParse('é'.repeat(16_384)).success).toBe(true);
    expect(secretValueSchema.safeParse('é'.repeat(16_385)).success).toBe(false);
  });
});
