import {
  authorityErrors,
  commandErrors,
  enrolmentErrors,
  httpErrors,
  startErrors,
} from './error-catalogue.others.js';
import { replyErrors } from './error-catalogue.reply.js';
import type { ErrorEntry } from './error-entry.js';

/** Every code that users meet. docs/reference/errors.md is generated from it. */
export const errorCatalogue: Readonly<Record<string, ErrorEntry>> = {
  ...replyErrors,
  ...httpErrors,
  ...enrolmentErrors,
  ...commandErrors,
  ...startErrors,
  ...authorityErrors,
};
