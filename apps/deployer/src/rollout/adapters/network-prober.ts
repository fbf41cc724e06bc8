import { get } from 'node:http';
import { connect } from 'node:net';
import type { Prober, ProbeResult } from '../ports.js';

/** Probes from outside the container, at the address that users get. */
export class NetworkProber implements Prober {
  async probe(
    address: string,
    port: number,
    path: string | undefined,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    return path === undefined
      ? probeTcp(address, port, timeoutMs)
      : probeHttp({ host: address, port, path, signal }, timeoutMs);
  }
}

interface HttpTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly signal: AbortSignal;
}

/** By a connection of its own, as a new user comes; a redirect is an answer, and is not followed. */
function probeHttp(target: HttpTarget, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const asked = get({ ...target, agent: false, headers: { 'user-agent': 'slipway-probe' } });
    const late = setTimeout(() => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const end = (healthy: boolean, seen: string): void => {
      clearTimeout(late);
      asked.destroy();
      resolve({ healthy, seen });
    };
    asked.once('response', ({ statusCode = 0 }) =>
      end(statusCode >= 200 && statusCode < 400, `HTTP ${statusCode}`),
    );
    // What comes of ending it is of no interest.
    asked.on('error', (error) => end(false, error.message));
  });
}

function probeTcp(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
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
