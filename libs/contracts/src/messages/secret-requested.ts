import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { appIdSchema, secretNameSchema, tokenSchema } from '../names.js';
import { topics } from '../topics.js';

const MAX_VALUE_BYTES = 32_768;
/** Of a value whose every character is escaped in JSON, encrypted, as base64url. */
const MAX_SEALED_LENGTH = 300_000;

/** What an environment variable can carry. */
export const secretValueSchema = z
  .string()
  .min(1, 'a secret must not be empty')
  .refine(
    (value) => new TextEncoder().encode(value).length <= MAX_VALUE_BYTES,
    `a secret has at most ${MAX_VALUE_BYTES} bytes`,
  )
  .refine((value) => !value.includes('\0'), 'a secret must not hold a NUL character');

/** What `sealedValue` holds. It names its secret, so that it cannot be stored as another's. */
export const sealedSecretSchema = z.object({
  appId: appIdSchema,
  name: secretNameSchema,
  value: secretValueSchema,
});

/** A secret of an application is to be stored, or removed. */
export const secretRequested = defineMessage({
  type: 'slipway.secret.requested.v1',
  topic: topics.secretRequests,
  summary: 'Store a secret of an application, sealed to the deployer, or remove it.',
  schema: z
    .object({
      token: tokenSchema.describe('The request token: the idempotency key of the caller.'),
      mode: z.enum(['set', 'remove']).describe('What is to be done.'),
      appId: appIdSchema.describe("The application's id."),
      name: secretNameSchema.describe('The name of the secret.'),
      sealedValue: z
        .string()
        .max(MAX_SEALED_LENGTH)
        .regex(/^[\w-]+(\.[\w-]*){3}\.[\w-]+$/, 'sealedValue must be a compact JWE')
        .optional()
        .describe(
          "For `set`: compact JWE (ECDH-ES on X25519, A256GCM) to the deployer's key; inside: `{appId, name, value}`.",
        ),
    })
    .superRefine(({ mode, sealedValue }, context) => {
      if ((mode === 'set') === (sealedValue !== undefined)) return;
      const message =
        mode === 'set'
          ? 'sealedValue must be the value, sealed to the deployer'
          : 'sealedValue is for mode "set" only';
      context.addIssue({ code: 'custom', path: ['sealedValue'], message, input: undefined });
    }),
  key: (data) => data.appId,
  example: {
    token: 'secret-4711',
    mode: 'set',
    appId: 'shop',
    name: 'orders-database-password',
    sealedValue: 'eyJhbGciOiJFQ0RILUVTIn0..iv.ct.tag',
  },
});

export type SecretRequest = MessageData<typeof secretRequested>;
export type SealedSecret = z.infer<typeof sealedSecretSchema>;
