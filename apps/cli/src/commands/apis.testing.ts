import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import type { ExitCode } from '../errors.js';
import { Output } from '../output.js';

type Answer = readonly [status: number, body: unknown];

/** The apps that the command calls, in a test file: one server, which answers each address as the file says. */
export function apisOfFile(answerTo: (url: string) => Answer) {
  let server: Server;
  beforeAll(async () => {
    server = createServer(({ url = '' }, response) => {
      const [status, body] = answerTo(url);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  beforeEach(() => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const names = [
      'SLIPWAY_LOAD_BALANCER_URL',
      'SLIPWAY_DEPLOYER_URL',
      'SLIPWAY_GATEWAY_URL',
      'SLIPWAY_API_URL',
      'SLIPWAY_RESCALER_URL',
    ];
    for (const name of names) vi.stubEnv(name, url);
    vi.stubEnv('SLIPWAY_API_TOKEN', 'token');
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => server.close().closeAllConnections());

  /** What a command prints on standard output, what it says beside it, and its exit code. */
  return async (command: (output: Output) => Promise<ExitCode>, json = false) => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const streams = { out, err } as unknown as Record<'out' | 'err', NodeJS.WriteStream>;
    const code = await command(new Output({ json, ...streams }));
    return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
  };
}
