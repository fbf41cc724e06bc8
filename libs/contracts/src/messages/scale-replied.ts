import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { topics } from '../topics.js';
import { serviceReplySchema, taskErrorSchema } from './deployment-replied.js';

/** The answer to one scale request. At least once, and always the same content for one token. */
export const scaleReplied = defineMessage({
  type: 'slipway.scale.replied.v1',
  topic: topics.scaleResponses,
  summary: 'What a service runs after it was scaled, or why it does not.',
  schema: z.object({
    token: z.string().describe('The request token: the idempotency key of the caller.'),
    status: z.boolean().describe('`true` if it succeeded.'),
    service: serviceReplySchema.optional().describe('The outcome.'),
    error: taskErrorSchema.optional().describe('Why the whole request was refused, when it was.'),
  }),
  key: (data) => data.token,
  example: {
    token: 'scale-4711',
    status: true,
    service: { name: 'app-server', status: 'running', instances: [], phases: { place: 9, start: 190 } },
  },
});

export type ScaleReply = MessageData<typeof scaleReplied>;
