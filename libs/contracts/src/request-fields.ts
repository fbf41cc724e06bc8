import { z } from 'zod';
import { printable } from './names.js';

/** Of requests for deployments and for scaling alike. */
export const deadlineMsField = z
  .int()
  .min(1_000)
  .max(86_400_000)
  .optional()
  .describe('Milliseconds until the request fails, from the moment it is read; by default as configured.');

export const principalField = printable(200)
  .optional()
  .describe(
    'Who asks. Stored as claimed, and marked as not verified. If the request is signed, its key says who asks.',
  );
