import {
  type AnswerOf,
  type CallOf,
  errorSchema,
  type MachineProblem,
  type Page,
  type Route,
} from '#libs/contracts';
import type { z } from 'zod';
import { failure, orFail, READ_SETTINGS, usageError } from '../errors.js';

/** One app's HTTP API. */
export interface Api {
  /** As people call the app: `node manager`. */
  readonly app: string;
  readonly url: string;
  /** The variable that says the URL. */
  readonly variable: string;
  readonly token: string;
  /** Ends every call; each has CALL_TIMEOUT_MS when left out. */
  readonly signal?: AbortSignal;
}

const CALL_TIMEOUT_MS = 30_000;

/** Calls a route; JSON is parsed by the route's own schema. What the API refuses is thrown with its own code. */
export async function call<R extends Route>(
  api: Api,
  route: R,
  called: CallOf<R>,
): Promise<Exclude<AnswerOf<R>, void>> {
  return (await callTagged(api, route, called)).answer;
}

/** The same with the ETag of the answer. `ifMatch`: only where what is changed is still what had this one. */
export async function callTagged<R extends Route>(
  api: Api,
  route: R,
  called: CallOf<R>,
  ifMatch?: string,
): Promise<{ readonly answer: Exclude<AnswerOf<R>, void>; readonly etag: string | undefined }> {
  const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
  const { signal } = api;
  const path = pathOf(route, called);
  const response = await ask(api, { method: route.method, path, body: called.body, signal, headers });
  const schema = route.answers[response.status]?.schema;
  const text = await response.text();
  const answer = schema === undefined ? text : parse(api, schema, parsedJson(text));
  return { answer: answer as Exclude<AnswerOf<R>, void>, etag: response.headers.get('etag') ?? undefined };
}

/** All items of a list that has pages, page after page. */
export async function allItems<T>(page: (after: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page(after);
    all.push(...items);
    after = next;
  } while (after !== undefined);
  return all;
}

/** Calls a route whose text may go on for ever, piece by piece, until it ends or `signal` aborts it. */
export async function* callPieces<R extends Route>(
  api: Api,
  route: R,
  called: CallOf<R>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('no answer in time')), CALL_TIMEOUT_MS);
  const call = {
    ...{ method: route.method, path: pathOf(route, called) },
    signal: AbortSignal.any([signal, late.signal]),
  };
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

/** The route's path with its parameters, and the query of what is given. */
export function pathOf(
  { path }: Pick<Route, 'path'>,
  { params = {}, query = {} }: { readonly params?: object; readonly query?: object },
): string {
  const members = params as Readonly<Record<string, unknown>>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(members[name])));
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? filled : `${filled}?${new URLSearchParams(given).toString()}`;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Call {
  readonly path: string;
  readonly method: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends it; after CALL_TIMEOUT_MS when left out. */
  readonly signal?: AbortSignal;
}

async function ask(
  api: Api,
  { path, method, body, headers, signal = AbortSignal.timeout(CALL_TIMEOUT_MS) }: Call,
): Promise<Response> {
  const base = api.url.replace(/\/$/, '');
  const hint = `Check that the platform is up, and that the ${api.app} runs at ${base} (${api.variable}).`;
  const response = await orFail('API_UNREACHABLE', { hint, next: READ_SETTINGS }, () =>
    fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${api.token}`,
        ...headers,
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
  readonly problems?: readonly MachineProblem[];
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

const MAY_NOT = 'SLIPWAY_API_TOKEN must be a token that may do this.';

/** What the API refuses, with its own code and hint. */
export function refusal({ app }: Api, status: number, answer: unknown): Error {
  const said = saidIn(answer);
  const code = said.code ?? `HTTP_${status}`;
  const message = said.message ?? `The ${app} answered ${status}`;
  if (status === 401 || status === 403) {
    return usageError(code, message, {
      hint: status === 401 ? `The ${app} does not know this SLIPWAY_API_TOKEN.` : (said.hint ?? MAY_NOT),
      next: READ_SETTINGS,
    });
  }
  const { hint = `See the log of the ${app}.`, problems } = said;
  return failure(code, message, { hint, problems });
}

function saidIn(answer: unknown): Said {
  if (typeof answer !== 'object' || answer === null) return {};
  const text = Object.entries(answer).filter(([, value]) => typeof value === 'string');
  const problems = errorSchema.shape.problems.safeParse((answer as { problems?: unknown }).problems).data;
  return { ...(Object.fromEntries(text) as Said), problems };
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
