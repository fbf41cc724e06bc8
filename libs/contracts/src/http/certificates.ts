import { z } from 'zod';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

/** A certificate of a gateway, or one that it lacks. */
export const certificateSchema = z.looseObject({
  /** Host names, the first of them names it; of a file that cannot be used, its path. */
  names: z.array(z.string()),
  /** `file`: an operator's. `acme`: an authority was asked. `self-signed`: made on the gateway's machine. */
  source: z.string(),
  /** Clients get it. */
  served: z.boolean(),
  issuer: z.string().optional(),
  expiresAt: answeredTime.optional(),
  /** When the gateway renews it. */
  renewsAt: answeredTime.optional(),
  /** Why it is missing, or was not renewed. */
  error: z.looseObject({ code: z.string(), message: z.string(), at: answeredTime.optional() }).optional(),
  nextTryAt: answeredTime.optional(),
});

export type CertificateAnswer = z.infer<typeof certificateSchema>;

/** The certificates of a gateway, over HTTP. */
export const certificateRoutes = {
  certificates: defineRoute({
    id: 'certificates',
    method: 'GET',
    path: '/v1/certificates',
    summary: 'The certificates that the gateway serves, those that it lacks, and why.',
    role: 'read',
    query: z.object(pageQuery),
    answers: { 200: { description: 'By name.', schema: pageOf(certificateSchema) } },
  }),
};
