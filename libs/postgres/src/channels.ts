/** NOTIFY channels are database-wide, so they carry the schema's name. */
export const outboxChannel = (schema: string): string => `${schema}_outbox`;
export const workChannel = (schema: string): string => `${schema}_work`;
