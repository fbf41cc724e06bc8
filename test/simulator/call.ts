import type { IncomingMessage, ServerResponse } from 'node:http';
import { notSimulated } from './engine-error.js';

/** One call of the engine's API. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stands in the path for the route's group. */
  readonly subject: string;
  readonly query: URLSearchParams;
}

export interface Route {
  /** As faults and counts name it. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  /** Without the API's version; its group is the call's subject. */
  readonly path: RegExp;
  /** Parameters that are simulated, or that change nothing here; any other is answered 501. */
  readonly query: readonly string[];
  handle(call: Call): Promise<void> | void;
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function empty(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

/** A stream of JSON lines. What goes wrong after its first line is one of its lines. */
export async function jsonStream(response: ServerResponse, messages: AsyncIterable<object>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  try {
    for await (const message of messages) response.write(`${JSON.stringify(message)}\r\n`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    response.write(`${JSON.stringify({ errorDetail: { message }, error: message })}\r\n`);
  }
  response.end();
}

export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as unknown);
}

const TRUE: ReadonlySet<string | null> = new Set(['1', 'true', 'True']);
export const flag = (query: URLSearchParams, name: string): boolean => TRUE.has(query.get(name));

/** Throws where the call has a parameter that its route does not know. */
export function checkQuery(route: Route, query: URLSearchParams): void {
  const unknown = [...query.keys()].find((name) => !route.query.includes(name));
  if (unknown !== undefined) throw notSimulated(`the parameter ${unknown} of ${route.name}`);
}
