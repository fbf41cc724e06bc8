import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { timestampSchema } from '../names.js';
import { topics } from '../topics.js';
import { taskErrorSchema } from './deployment-replied.js';

/** What anyone may know of a secret. */
export const storedSecretSchema = z.object({
  name: z.string().describe('The name of the secret.'),
  version: z.int().min(1).describe('1 at first, and one more with each value that was set.'),
  updatedAt: timestampSchema.describe('When it was set.'),
});

/** The answer to one secret request. At least once, and always the same content for one token. */
export const secretReplied = defineMessage({
  type: 'slipway.secret.replied.v1',
  topic: topics.secretResponses,
  summary: 'Which secret was stored or removed, or why not.',
  schema: z.object({
    token: z.string().describe('The request token: the idempotency key of the caller.'),
    status: z.boolean().describe('`true` if it succeeded.'),
    secret: storedSecretSchema
      .optional()
      .describe('The secret as it is stored now; of a removal, as it was.'),
    error: taskErrorSchema.optional().describe('Why it failed.'),
  }),
  key: (data) => data.token,
  example: {
    token: 'secret-4711',
    status: true,
    secret: { name: 'orders-database-password', version: 2, updatedAt: '2026-01-01T00:00:00.000Z' },
  },
});

export type SecretReply = MessageData<typeof secretReplied>;
export type StoredSecret = z.infer<typeof storedSecretSchema>;
