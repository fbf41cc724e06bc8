import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { WantedServer } from '../../apps/gateway/src/data-plane/domain/wanted.js';
import { chunkedBody, INCOMPLETE, type Read } from './strict-chunks.js';

/** One request as its bytes came, in Latin-1: a character a byte. */
export interface RawRequest {
  readonly head: string;
  readonly body: string;
  readonly trailers: readonly string[];
}

/**
 * An instance that reads HTTP/1.1 as strictly as the RFC lets it, and keeps every byte. Whatever it does not understand is
 * in `broken`: an instance with another parser might see another request there.
 */
export class RawInstance {
  readonly requests: RawRequest[] = [];
  readonly broken: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly name: string,
    private readonly server: Server,
  ) {}

  static async start(name: string): Promise<RawInstance> {
    const server = createServer();
    const instance = new RawInstance(name, server);
    server.on('connection', (socket) => instance.serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return instance;
  }

  wanted(more: Partial<WantedServer> = {}): WantedServer {
    const { port } = this.server.address() as AddressInfo;
    return { name: this.name, address: '127.0.0.1', port, weight: 100, state: 'ready', ...more };
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    let received = '';
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // A client that is gone, which is what many of these tests do.
    socket.on('error', () => undefined);
    socket.on('data', (part: Buffer) => {
      received += part.toString('latin1');
      for (;;) {
        const read = this.read(received);
        if (read === INCOMPLETE) return;
        if (read === undefined) return void socket.destroy();
        received = received.slice(read.length);
        this.requests.push(read.value);
        socket.write(answerTo(read.value, this.name));
      }
    });
  }

  private read(text: string): Read<RawRequest> | undefined {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return INCOMPLETE;
    const head = text.slice(0, end);
    const rest = text.slice(end + 4);
    const read = bodyOf(head, rest);
    if (typeof read === 'string') this.broken.push(`${read}: ${JSON.stringify(text.slice(0, 2_000))}`);
    if (typeof read === 'string' || read === INCOMPLETE) return read === INCOMPLETE ? read : undefined;
    return { value: { head, ...read.value }, length: end + 4 + read.length };
  }
}

type Body = Omit<RawRequest, 'head'>;

/** A text says what is wrong with it. */
function bodyOf(head: string, rest: string): Read<Body> | string {
  const lengths = headerValues(head, 'content-length');
  const codings = headerValues(head, 'transfer-encoding');
  if (codings.length > 0) return codings.join() === 'chunked' ? chunkedBody(rest) : 'transfer coding';
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] ?? '0')) return 'content length';
  const length = Number(lengths[0] ?? 0);
  return rest.length < length ? INCOMPLETE : { value: { body: rest.slice(0, length), trailers: [] }, length };
}

/** Of each line with this name, without blanks around it. */
export const headerValues = (head: string, name: string): readonly string[] =>
  head
    .split('\r\n')
    .slice(1)
    .filter((line) => line.slice(0, line.indexOf(':')).toLowerCase() === name)
    .map((line) => line.slice(line.indexOf(':') + 1).trim());

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^${TOKEN} [\\x21-\\x7e\\x80-\\xff]+ HTTP/1\\.[01]$`);
const HEADER_LINE = new RegExp(`^${TOKEN}:[\\t\\x20-\\x7e\\x80-\\xff]*$`);

/** What two parsers might not read alike in a request. */
export function ambiguitiesOf({ head, trailers }: RawRequest): readonly string[] {
  const [first = '', ...lines] = head.split('\r\n');
  const count = (name: string): number => headerValues(head, name).length;
  return [
    ...(REQUEST_LINE.test(first) ? [] : ['request line']),
    ...[...lines, ...trailers].filter((line) => !HEADER_LINE.test(line)),
    ...(count('host') === 1 ? [] : [`${count('host')} Host`]),
    ...(count('transfer-encoding') + count('content-length') <= 1 ? [] : ['two lengths']),
  ];
}

function answerTo({ head }: RawRequest, name: string): string {
  const body = `${JSON.stringify({ name, head })}\n`;
  const isHead = head.startsWith('HEAD ');
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${isHead ? '' : body}`;
}
