import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

interface Forwarding {
  /** Where to, with path and query. */
  readonly to: URL;
  /** What the sender called this front. */
  readonly host: string;
}

/** Passes a request of an HTTPS front on to the server behind it, and its answer back. */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { to, host }: Forwarding,
): Promise<void> {
  const headers = { ...request.headers, host, 'x-forwarded-proto': 'https' };
  const onward = httpRequest(to, { method: request.method, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onward.once('response', resolve).once('error', reject);
  });
  await Promise.all([pipeline(request, onward), answered]);
  const from = await answered;
  response.writeHead(from.statusCode ?? 500, from.headers);
  await pipeline(from, response);
}
