import { expect, it } from 'vitest';
import { configJsonSchema } from './config-json-schema.js';

it('what was written of the fields of placement for config.json was shown nowhere', () => {
  const { properties = {} } = configJsonSchema().else as {
    readonly properties?: Readonly<Record<string, unknown>>;
  };
  expect(properties).toMatchObject({
    placement: {
      properties: {
        constraints: { description: expect.stringContaining('A node without the key fulfils') as string },
        antiAffinity: { description: expect.stringContaining('one instance of the service') as string },
      },
    },
  });
});
