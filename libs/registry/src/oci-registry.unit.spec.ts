import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { OciRegistry, RegistryError } from './index.js';

let server: Server | undefined;
afterEach(() => server?.close());

/** A registry that says one thing. */
async function answering(
  status: number,
  headers: Record<string, string> = {},
): Promise<{ registry: OciRegistry; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    registry: new OciRegistry({ url: `http://127.0.0.1:${port}`, username: 'u', password: 'p' }),
    asked,
  };
}

describe('OciRegistry', () => {
  it('asks for the digest behind a tag with its login', async () => {
    const { registry, asked } = await answering(200, { 'docker-content-digest': 'sha256:1' });
    expect(await registry.digestOf('shop/web', 't1')).toBe('sha256:1');
    expect(asked[0]).toMatchObject({
      method: 'HEAD',
      url: '/v2/shop/web/manifests/t1',
      headers: { authorization: 'Basic dTpw' },
    });
  });

  it('a tag that is not there has no digest', async () => {
    const { registry } = await answering(404);
    expect(await registry.digestOf('shop/web', 't1')).toBeUndefined();
  });

  it('a refusal is an error that says who refused and not with which password', async () => {
    const { registry } = await answering(401);
    const error: unknown = await registry.digestOf('shop/web', 't1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RegistryError);
    expect(String(error)).toMatch(/127\.0\.0\.1:\d+ answered 401/);
  });
});
