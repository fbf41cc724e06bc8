import { expect, it } from 'vitest';
import { z } from 'zod';
import { inputProblems, problemText } from './input-problems.js';
import { deploymentRequested } from './messages/deployment-requested.js';

const textOf = (schema: z.ZodType, value: unknown): string =>
  problemText(inputProblems(schema.safeParse(value).error?.issues ?? []), 'body');

it.each<[z.ZodType, unknown, string]>([
  [z.int().max(50), 51, 'body: expected at most 50'],
  [z.number().min(0.01), 0, 'body: expected at least 0.01'],
  [z.number().lt(3), 3, 'body: expected less than 3'],
  [z.string().max(500), 'a'.repeat(501), 'body: expected at most 500 characters'],
  [z.string().min(1), '', 'body: expected at least 1 character'],
  [z.array(z.int()).max(100), Array(101).fill(1), 'body: expected at most 100 items'],
  [z.array(z.int()).max(2, 'two at most'), [1, 2, 3], 'body: two at most'],
])('limits were told in a library\'s words, such as "number to be <=50": %#', (schema, value, said) => {
  expect(textOf(schema, value)).toBe(said);
});

const request = { token: 't', mode: 'run', appId: 'shop', appName: 'Shop' };
const ofServices = (...services: unknown[]): string =>
  textOf(deploymentRequested.schema, { ...request, services });

it('a wrong name was told with "or expected object": an alternative of another type is left out', () => {
  expect(ofServices('web', 'No Name')).toMatch(/^services\[1\]: service name must be [^;]*$/);
  expect(ofServices('No Name')).not.toContain('expected object');
  expect(ofServices({ name: 'No Name' })).toMatch(/^services\[0\]\.name: service name must be /);
});

it('what is of none of the types is told all of them', () => {
  expect(ofServices(7)).toBe(
    'services[0]: expected string, received number, or expected object, received number',
  );
});
