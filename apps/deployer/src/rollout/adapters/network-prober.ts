import { get } from 'node:http';
import { get as getByTls } from 'node:https';
import { connect, isIP } from 'node:net';
import type { Prober, ProbeResult, ProbeTarget } from '../ports.js';

/** Probes from outside the container, at the address that users get. */
export class NetworkProber implements Prober {
  async probe(target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
    const { path } = target;
    return path === undefined
      ? probeTcp(target, timeoutMs)
      : probeHttp({ ...target, path, signal }, timeoutMs);
  }
}

type HttpTarget = ProbeTarget & { readonly path: string; readonly signal: AbortSignal };

/** By a connection of its own, as a new user comes; a redirect is an answer, and is not followed. */
function probeHttp(target: HttpTarget, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const asked = ask(target);
    const late = setTimeout(() => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const end = (healthy: boolean, seen: string): void => {
      clearTimeout(late);
      asked.destroy();
      resolve({ healthy, seen });
    };
    asked.once('response', ({ statusCode = 0 }) => end(isGood(target, statusCode), `HTTP ${statusCode}`));
    // What comes of ending it is of no interest.
    asked.on('error', (error) => end(false, error.message));
  });
}

const isGood = ({ statuses }: ProbeTarget, status: number): boolean =>
  statuses === undefined ? status >= 200 && status < 400 : statuses.includes(status);

/** Applications that check the name they are called by know this one. */
const HOST = 'localhost';

function ask({ host, port, path, signal, scheme, headers: given = {} }: HttpTarget) {
  const headers: Readonly<Record<string, string>> = {
    ...{ host: HOST, 'user-agent': 'slipway-probe' },
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])),
  };
  const options = { host, port, path, signal, headers, agent: false } as const;
  if (scheme !== 'https') return get(options);
  // The address of a node is in no certificate of a service, and what is asked is no secret.
  return getByTls({ ...options, rejectUnauthorized: false, servername: serverName(headers['host']) });
}

/** What TLS may be told: a name, never an address. */
function serverName(host = HOST): string {
  const name = host.replace(/:\d+$/, '');
  return isIP(name.replace(/^\[|\]$/g, '')) === 0 ? name : '';
}

function probeTcp({ host, port }: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (healthy: boolean, seen: string): void => {
      socket.destroy();
      resolve({ healthy, seen });
    };
    socket.once('connect', () => end(true, 'TCP connection'));
    socket.once('timeout', () => end(false, `no TCP connection within ${timeoutMs} ms`));
    socket.once('error', (error) => end(false, error.message));
  });
}
