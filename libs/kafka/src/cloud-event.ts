import type { KafkaMessage } from 'kafkajs';
import { inputProblems, JsonError, type MessageDefinition, parseJson, problemText } from '#libs/contracts';
import { PermanentError } from './errors.js';

/** CloudEvents 1.0, Kafka protocol binding, binary mode: attributes in `ce_*` headers, the value is the data. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly source?: string;
  readonly data: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** W3C trace context, carried as the CloudEvents extension `traceparent`. */
  readonly traceparent?: string;
}

export interface DecodedMessage {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly traceparent?: string;
  readonly data: unknown;
  /** Who sent it, where that is proven. */
  readonly principal?: string;
}

/** What a message without a body says in a compacted topic: what its key names was removed. */
export class Tombstone {
  constructor(readonly key: string) {}
}

const SPEC_VERSION = '1.0';
/** It becomes a key in a database, which takes no NUL and no key of some thousand bytes. */
const ID = /^\P{Cc}{1,300}$/u;
/**
 * Brokers take about as much by default, of what is not compressed. What is larger once it is decompressed could be
 * taken, but no reply to it, nor anything else that repeats a part of it, could be published.
 */
export const LARGEST_MESSAGE_BYTES = 1_048_576;
/** The CloudEvents extension for distributed tracing, in binary mode. */
export const TRACEPARENT_HEADER = 'ce_traceparent';

export function encode(
  message: OutgoingMessage,
  source: string,
  now: Date,
): { key: string; value: string; headers: Record<string, string> } {
  const traceparent: Record<string, string> =
    message.traceparent === undefined ? {} : { [TRACEPARENT_HEADER]: message.traceparent };
  return {
    key: message.key,
    value: JSON.stringify(message.data),
    headers: {
      ...message.headers,
      ce_specversion: SPEC_VERSION,
      ce_id: message.id,
      ce_type: message.type,
      ce_source: message.source ?? source,
      ce_time: now.toISOString(),
      'content-type': 'application/json',
      ...traceparent,
    },
  };
}

/** Headers as text; of a repeated header the last counts. */
export function headersOf(message: Pick<KafkaMessage, 'headers'>): Record<string, string> {
  const entries = Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
    const last = Array.isArray(value) ? value.at(-1) : value;
    // A header may come without a value.
    return last === undefined || last === null ? [] : [[name.toLowerCase(), last.toString()] as const];
  });
  return Object.fromEntries(entries);
}

/** As it came; a client that knows no CloudEvents sends the W3C header alone. */
export function traceparentOf(headers: Readonly<Record<string, string>>): string | undefined {
  return headers[TRACEPARENT_HEADER] ?? headers['traceparent'];
}

const invalid = (message: string): PermanentError => new PermanentError('MESSAGE_INVALID', message);

interface Sized {
  readonly key: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: KafkaMessage['headers'];
}

/** Key, body and headers together. */
export function bytesOf({ key, value, headers }: Sized): number {
  const named = Object.entries(headers ?? {}).flatMap(([name, values]) => [name, ...[values].flat()]);
  const parts = [key, value, ...named].filter((part) => part !== null && part !== undefined);
  return parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
}

interface Reading {
  /** A message without a body is a tombstone; otherwise it is refused. */
  readonly tombstones?: boolean;
}

/** No error repeats anything of the body: its reason goes into a header, a reply and a log. */
function bodyOf(value: Buffer | null): unknown {
  if (value === null) throw invalid('the message has no body');
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch (error) {
    throw invalid(error instanceof JsonError ? `the body is ${error.message}` : 'the body is not UTF-8');
  }
}

/** Its CloudEvents id; of a message without one, its place. */
const idOf = (at: { topic: string; partition: number }, message: KafkaMessage): string =>
  headersOf(message)['ce_id'] ?? `${at.topic}/${at.partition}/${message.offset}`;

/**
 * Reads a message by the catalogue. A body alone, as `kcat` sends it, is the topic's message with
 * `<topic>/<partition>/<offset>` as its id. Its data is a `Tombstone` where it has no body and `tombstones` is set.
 * Throws PermanentError MESSAGE_INVALID that names field and reason.
 */
export function decode(
  at: { topic: string; partition: number },
  message: KafkaMessage,
  known: readonly MessageDefinition[],
  { tombstones = false }: Reading = {},
): DecodedMessage {
  const bytes = bytesOf(message);
  if (bytes > LARGEST_MESSAGE_BYTES) {
    throw new PermanentError(
      'MESSAGE_INVALID',
      `the message has ${bytes} bytes, expected at most ${LARGEST_MESSAGE_BYTES}`,
    );
  }
  const headers = headersOf(message);
  const type = headers['ce_type'] ?? known[0]?.type;
  const definition = known.find((candidate) => candidate.type === type);
  if (type === undefined || definition === undefined) {
    throw invalid(`ce_type: unknown, expected one of ${known.map((k) => k.type).join(', ')}`);
  }
  const id = idOf(at, message);
  if (!ID.test(id)) throw invalid('ce_id: expected 1 to 300 characters without control characters');
  const key = message.key?.toString() ?? '';
  const data = tombstones && message.value === null ? tombstoneOf(key) : dataOf(message.value, definition);
  return { id, type, key, headers, traceparent: traceparentOf(headers), data };
}

function tombstoneOf(key: string): Tombstone {
  if (key === '') throw invalid('the message has neither a key nor a body');
  return new Tombstone(key);
}

function dataOf(value: Buffer | null, { schema }: MessageDefinition): unknown {
  const result = schema.safeParse(bodyOf(value));
  if (!result.success) throw invalid(problemText(inputProblems(result.error.issues), 'body'));
  return result.data;
}
