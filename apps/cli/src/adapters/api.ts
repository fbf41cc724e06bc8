import type { z } from 'zod';
import { failure, orFail, usageError } from '../errors.js';

/** One app's HTTP API. */
export interface Api {
  /** As people call the app: `node manager`. */
  readonly app: string;
  readonly url: string;
  /** The variable that says the URL. */
  readonly variable: string;
  readonly token: string;
}

const CALL_TIMEOUT_MS = 30_000;

/** Calls the API for JSON; what it refuses is thrown with its own code. */
export async function call<S extends z.ZodType>(
  api: Api,
  schema: S,
  request: { readonly path: string; readonly method?: 'GET' | 'POST'; readonly body?: unknown },
): Promise<z.output<S>> {
  const response = await ask(api, request);
  const answer: unknown = await response.json().catch(() => undefined);
  return parse(api, schema, answer);
}

/** Calls the API for text. */
export async function callText(api: Api, path: string): Promise<string> {
  const response = await ask(api, { path });
  return response.text();
}

/** Calls the API for text that may go on for ever, piece by piece, until it ends or `signal` aborts it. */
export async function* callPieces(api: Api, path: string, signal: AbortSignal): AsyncGenerator<string> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('no answer in time')), CALL_TIMEOUT_MS);
  const call = { path, signal: AbortSignal.any([signal, late.signal]) };
  const { body } = await ask(api, call).finally(() => clearTimeout(timer));
  if (body === null) return;
  const hint = `The ${api.app} or the node stopped answering. Try again.`;
  const pieces = body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await orFail('ANSWER_CUT_OFF', { hint }, () => pieces.next());
    if (done === true) return;
    yield value;
  }
}

/** `?name=value&...` of what is given. */
export function query(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

interface Call {
  readonly path: string;
  readonly method?: string;
  readonly body?: unknown;
  /** Ends it; after CALL_TIMEOUT_MS when left out. */
  readonly signal?: AbortSignal;
}

async function ask(
  api: Api,
  { path, method = 'GET', body, signal = AbortSignal.timeout(CALL_TIMEOUT_MS) }: Call,
): Promise<Response> {
  const base = api.url.replace(/\/$/, '');
  const hint = `Check that the ${api.app} runs at ${base} (${api.variable}).`;
  const response = await orFail('API_UNREACHABLE', { hint }, () =>
    fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${api.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    }),
  );
  if (response.ok) return response;
  throw refusal(api, response.status, await response.json().catch(() => undefined));
}

interface Said {
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

const MAY_ONLY_READ = 'To add a node, SLIPWAY_API_TOKEN must be the token that may change things.';

function refusal({ app }: Api, status: number, answer: unknown): Error {
  const said = saidIn(answer);
  const code = said.code ?? `HTTP_${status}`;
  const message = said.message ?? `The ${app} answered ${status}`;
  if (status === 401 || status === 403) {
    return usageError(code, message, {
      hint: status === 401 ? `The ${app} does not know this SLIPWAY_API_TOKEN.` : MAY_ONLY_READ,
      next: 'source .slipway/env',
    });
  }
  return failure(code, message, { hint: said.hint ?? `See the log of the ${app}.` });
}

function saidIn(answer: unknown): Said {
  if (typeof answer !== 'object' || answer === null) return {};
  const text = Object.entries(answer).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(text) as Said;
}

function parse<S extends z.ZodType>({ app }: Api, schema: S, answer: unknown): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw failure(
    'API_ANSWER',
    `Cannot understand the answer of the ${app}: ${parsed.error.issues[0]?.message}`,
    {
      hint: 'The command and the platform probably have different versions.',
      cause: parsed.error,
    },
  );
}
