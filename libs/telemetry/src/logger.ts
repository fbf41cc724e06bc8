import { pino, type Logger as PinoLogger } from 'pino';
import { traceFields } from './trace-context.js';

/** JSON lines: level, time, app, replica, message, and what the call adds (token, task, node, err); in a trace, its id too. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly app: string;
  readonly replica: string;
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where lines go; default: standard output. */
  readonly destination?: { write(line: string): void };
}

/** Names that never appear with their value, at the top or one level down; a `Secret` redacts itself anywhere. */
const SECRET_NAMES = [
  'password',
  'passphrase',
  'privateKey',
  'sealedLogin',
  'login',
  'authorization',
  'connectionString',
];

/** Where a database quotes the values that it refused. */
const QUOTED = ['err.detail', 'err.where'];

/** A logger; make children with `logger.child({token, task, node})`. */
export function createLogger({ app, replica, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { app, replica },
    mixin: traceFields,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: [...SECRET_NAMES.flatMap((name) => [name, `*.${name}`]), ...QUOTED],
      censor: '[redacted]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
