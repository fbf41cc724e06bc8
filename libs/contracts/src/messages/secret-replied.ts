import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { timestampSchema } from '../names.js';
import { topics } from '../topics.js';
import { taskErrorSchema } from './deployment-replied.js';

/** What anyone may know of a secret. */
export const storedSecretSchema = z.object({
  name: z.string(),
  /** 1 at first, one more with each value that was set. */
  version: z.int().min(1),
  updatedAt: timestampSchema,
});

/** The answer to one secret request. At least once, and always the same content for one token. */
export const secretReplied = defineMessage({
  type: 'slipway.secret.replied.v1',
  topic: topics.secretResponses,
  summary: 'Which secret was stored or removed, or why not.',
  schema: z.object({
    token: z.string(),
    status: z.boolean(),
    /** As it is stored now; of a removal, as it was. */
    secret: storedSecretSchema.optional(),
    error: taskErrorSchema.optional(),
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
