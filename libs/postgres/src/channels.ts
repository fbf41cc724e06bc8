/** What was added to the outbox may wait for more. */
export const MAY_WAIT = 'may wait';

/** NOTIFY channels are database-wide, so they carry the schema's name. Payload: MAY_WAIT, or nothing. */
export const outboxChannel = (schema: string): string => `${schema}_outbox`;
/** Payload: the id of work under way that may have something to look at. */
export const nudgeChannel = (schema: string): string => `${schema}_nudge`;
/** Payload: the token of a request that has its reply. */
export const repliesChannel = (schema: string): string => `${schema}_replies`;
export const workChannel = (schema: string): string => `${schema}_work`;
