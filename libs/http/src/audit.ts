import type { Principal } from './principal.js';

/** One request that changes something, once it is answered. */
export interface AuditEntry {
  /** Undefined when no token was known. */
  readonly principal?: string;
  readonly role?: string;
  readonly method: string;
  /** As the route is declared: `/v1/requests/:token`. */
  readonly route: string;
  readonly status: number;
  readonly outcome: 'done' | 'refused' | 'failed' | 'cut-off';
}

/** Told of every request that changes something, once. */
export type Audit = (entry: AuditEntry) => void;

/** Injection token of the guard's Audit. */
export const AUDIT = Symbol('Audit');

/** The audit log is part of the app's log: JSON lines with `audit`. */
export const auditLog =
  (logger: { info(fields: object, message: string): void }): Audit =>
  (audit) =>
    logger.info({ audit }, 'audit');

/** What fastify's request and answer have of it. */
export interface AuditedCall {
  readonly method: string;
  readonly route: string;
  readonly principal?: Principal;
  readonly answer: { readonly statusCode: number; readonly writableEnded: boolean };
}

export const auditEntry = ({ method, route, principal, answer }: AuditedCall): AuditEntry => ({
  ...{ principal: principal?.name, role: principal?.role, method, route, status: answer.statusCode },
  outcome: answer.writableEnded ? outcomeOf(answer.statusCode) : 'cut-off',
});

function outcomeOf(status: number): AuditEntry['outcome'] {
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}
