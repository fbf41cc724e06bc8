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
      : probeHttp(`http://${address}:${port}${path}`, timeoutMs, signal);
  }
}

async function probeHttp(url: string, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
  const either = AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]);
  try {
    const response = await fetch(url, { redirect: 'manual', signal: either });
    await response.body?.cancel();
    return { healthy: response.status >= 200 && response.status < 400, seen: `HTTP ${response.status}` };
  } catch (error) {
    return { healthy: false, seen: seenOf(error) };
  }
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
    socket.once('error', (error) => end(false, seenOf(error)));
  });
}

/** fetch() hides the socket's error in `cause`. */
function seenOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
