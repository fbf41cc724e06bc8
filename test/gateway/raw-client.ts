import { once } from 'node:events';
import { connect } from 'node:net';

/** Nothing more has come for so long, once something has. */
const QUIET_MS = 100;
const LONGEST_MS = 20_000;

/**
 * Sends bytes, and ends its side once it is answered, or after `patienceMs` without any answer: for the gateway a client
 * that ends its side has gone. @returns all that came back, in Latin-1
 */
export async function sendRaw(
  port: number,
  bytes: string | Buffer,
  { patienceMs = 1_000 }: { readonly patienceMs?: number } = {},
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let quiet: NodeJS.Timeout | undefined;
  const end = setTimeout(() => socket.end(), patienceMs);
  const cut = setTimeout(() => socket.destroy(), LONGEST_MS);
  socket.setEncoding('latin1');
  socket.on('data', (part: string) => {
    received += part;
    clearTimeout(quiet);
    quiet = setTimeout(() => socket.end(), QUIET_MS);
  });
  // A gateway that refuses what it is sent may reset the connection.
  socket.on('error', () => undefined);
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  await once(socket, 'close');
  for (const timer of [end, cut, quiet]) clearTimeout(timer);
  return received;
}

/** Of each answer in what came back. Bodies of our instances have no line like it. */
export const statusesIn = (received: string): readonly number[] =>
  [...received.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status));
