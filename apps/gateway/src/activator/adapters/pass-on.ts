import {
  type ClientRequest,
  type IncomingMessage,
  request as requestOf,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { finalStatus } from '../domain/final-status.js';

export interface Target {
  /** HAProxy's socket for requests that have waited. */
  readonly back: string;
  readonly backend: string;
  readonly waitedMs: number;
  /** Aborted once the client has left. */
  readonly left: AbortSignal;
}

/** `again`: no instance has answered, and it can be sent once more. */
export type Passed = 'passed' | 'again' | 'failed';

/** On what HAProxy answers by itself, and on what is refused to a request that has waited. */
const NOT_ANSWERED = 'x-slipway-again';

/** Those of this connection, and what HAProxy says to us. */
const LEFT_OUT = ['connection', 'keep-alive', 'proxy-connection', 'expect', 'upgrade', 'te', NOT_ANSWERED];

/** Sends a request to an instance through HAProxy, and its answer back. */
export async function passOn(
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Passed> {
  const hasBody = !hasNoBody(request);
  try {
    const sent = send(target, request, kept(request.rawHeaders));
    if (hasBody) request.pipe(sent);
    else sent.end();
    const { answer } = await answerTo(sent);
    if (canComeAgain(request, answer)) {
      answer.resume();
      return 'again';
    }
    response.sendDate = false;
    response.writeHead(finalStatus(answer.statusCode ?? 502), answer.statusMessage, kept(answer.rawHeaders));
    await pipeline(answer, response);
    return 'passed';
  } catch {
    return 'failed';
  }
}

/** The same for a WebSocket, and whatever else is no HTTP after its first answer. */
export async function passOnUpgrade(
  target: Target,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<Passed> {
  try {
    const sent = send(target, request, request.rawHeaders);
    sent.end();
    const { answer, upgraded } = await answerTo(sent);
    if (canComeAgain(request, answer)) {
      answer.resume();
      return 'again';
    }
    socket.write(headOf(answer));
    if (upgraded === undefined) await pipeline(answer, socket);
    else {
      socket.write(upgraded.first);
      upgraded.socket.write(head);
      await Promise.all([pipeline(socket, upgraded.socket), pipeline(upgraded.socket, socket)]);
    }
    return 'passed';
  } catch {
    // Its end, however it came, is that of the client's connection.
    socket.destroy();
    return 'passed';
  }
}

function send(
  { back, backend, waitedMs, left }: Target,
  { method, url }: IncomingMessage,
  headers: readonly string[],
): ClientRequest {
  const sent = requestOf({
    ...{ socketPath: back, method, path: url, agent: false, signal: left, setHost: false },
    headers: [...headers, 'X-Slipway-Backend', backend, 'X-Slipway-Waited', String(waitedMs)],
  });
  // Whoever waits for the answer hears of it. One that comes later would end this process without a listener.
  sent.on('error', () => undefined);
  return sent;
}

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * HAProxy marks what no instance has said. With 503, none has seen the request; with 502, one may have, and broke off. A
 * body that has left is not there to be sent again.
 */
function canComeAgain(request: IncomingMessage, { statusCode, headers }: IncomingMessage): boolean {
  if (headers[NOT_ANSWERED] === undefined || !hasNoBody(request)) return false;
  return statusCode === 503 || (statusCode === 502 && SAFE.includes(String(request.method)));
}

interface Answer {
  readonly answer: IncomingMessage;
  /** Where it is a WebSocket now, with the bytes that came with the answer. */
  readonly upgraded?: { readonly socket: Duplex; readonly first: Buffer };
}

function answerTo(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.once('response', (answer) => resolve({ answer }));
    sent.once('upgrade', (answer, socket, first) => resolve({ answer, upgraded: { socket, first } }));
    sent.once('error', reject);
    sent.once('close', () => reject(new Error('closed without an answer')));
  });
}

const hasNoBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;

/** As they were written, each name with its value behind it. */
function kept(rawHeaders: readonly string[]): string[] {
  const all: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!LEFT_OUT.includes(name.toLowerCase())) all.push(name, value);
  }
  return all;
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`);
  return `HTTP/1.1 ${finalStatus(statusCode ?? 502)} ${statusMessage}\r\n${lines.join('')}\r\n`;
}
