import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { azureAccessToken } from './azure-identity.js';
import { Authorizer } from './authorizer.js';
import { parseChallenge } from './challenge.js';
import { createRegistry, kindOf } from './create-registry.js';
import { nextPage } from './registry-http.js';
import { Transport } from './transport.js';

let server: Server | undefined;
afterEach(() => server?.close());

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that answers as it is told, and what it was asked. */
async function answering(answer: Answer): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, headers, body });
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const login = { username: 'u', password: 'hunter2' };

describe('the kind of a registry', () => {
  it.each([
    ['https://shop.azurecr.io', 'acr'],
    ['https://shop.azurecr.cn', 'acr'],
    ['https://shop.azurecr.io:5000', 'acr'],
    ['https://shop.azurecr.io.example.com', 'oci'],
    ['https://registry.example:5000', 'oci'],
  ])('of %s is %s', (url, kind) => expect(kindOf(url)).toBe(kind));
});

describe('a challenge', () => {
  it.each([
    ['Basic realm="slipway"', { scheme: 'basic' }],
    [
      'Bearer realm="https://a/token",service="a",scope="repository:shop/web:pull,push"',
      { scheme: 'bearer', realm: 'https://a/token', service: 'a', scope: 'repository:shop/web:pull,push' },
    ],
    [
      'bearer realm="https://a/t?x=1", scope="a \\"b\\"", service=plain',
      { scheme: 'bearer', realm: 'https://a/t?x=1', service: 'plain', scope: 'a "b"' },
    ],
    ['Bearer service="a"', undefined],
    ['Negotiate', undefined],
    ['', undefined],
  ])('%s is read', (header, expected) => expect(parseChallenge(header)).toEqual(expected));
});

describe('a page', () => {
  it.each([
    ['</v2/_catalog?last=b%2Fc&n=2>; rel="next"', '/v2/_catalog?last=b%2Fc&n=2'],
    ['<https://a/v2/x/tags/list?n=2>; rel=next', 'https://a/v2/x/tags/list?n=2'],
    ['</first>; rel="prev"', undefined],
    [null, undefined],
  ])('after %s is %s', (link, expected) => expect(nextPage(link)).toBe(expected));
});

describe('an OCI registry', () => {
  it('that answers what is not JSON is refused, without repeating its answer', async () => {
    const { url } = await answering((response) => response.writeHead(200).end('{"name": hunter2}'));
    const tags = (await createRegistry({ url, ...login })).tags('shop/web');
    await expect(tags[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: `${new URL(url).host}: the answer is not valid JSON at line 1, column 10.`,
    });
  });

  it('is sent a basic login when it asks for one, and then at once', async () => {
    const { url, asked } = await answering((response, { headers }) => {
      if (headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      else response.writeHead(200, { 'docker-content-digest': 'sha256:1' }).end();
    });
    const registry = await createRegistry({ url, ...login });
    expect(await registry.digestOf('shop/web', 't')).toBe('sha256:1');
    expect(await registry.digestOf('shop/web', 't')).toBe('sha256:1');
    const header = `Basic ${Buffer.from('u:hunter2').toString('base64')}`;
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([undefined, header, header]);
    expect(asked[0]).toMatchObject({ method: 'HEAD', url: '/v2/shop/web/manifests/t' });
  });

  it('a token that ended is asked for anew', async () => {
    let issued = 0;
    const { url } = await answering((response, { url: path = '', headers }) => {
      if (path.startsWith('/token')) response.end(JSON.stringify({ token: `t${(issued += 1)}` }));
      else if (headers.authorization === `Bearer t${issued}` && issued > 0)
        response.writeHead(200, { 'docker-content-digest': 'sha256:1' }).end();
      else response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token",service="s"' }).end();
    });
    const registry = await createRegistry({ url, ...login });
    await registry.digestOf('shop/web', 't');
    await registry.digestOf('shop/web', 't');
    expect(issued).toBe(1);
    issued = 7;
    expect(await registry.digestOf('shop/web', 't')).toBe('sha256:1');
    expect(issued).toBe(8);
  });

  it('that refuses the token which it asked for is REGISTRY_DENIED and not asked for ever', async () => {
    const { url, asked } = await answering((response, { url: path = '' }) => {
      if (path.startsWith('/token')) response.end(JSON.stringify({ access_token: 'x' }));
      else response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"' }).end();
    });
    await expect((await createRegistry({ url, ...login })).digestOf('a', 't')).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
    });
    expect(asked).toHaveLength(3);
  });

  it.each([
    [403, 'REGISTRY_DENIED', 'permanent'],
    [404, 'IMAGE_NOT_FOUND', 'permanent'],
    [400, 'REGISTRY_REFUSED', 'permanent'],
    [429, 'REGISTRY_UNREACHABLE', 'retriable'],
    [503, 'REGISTRY_UNREACHABLE', 'retriable'],
  ])('that answers %i is %s, %s', async (status, code, kind) => {
    const { url } = await answering((response) => void response.writeHead(status).end());
    await expect((await createRegistry({ url })).digestOf('a', 't')).rejects.toMatchObject({ code, kind });
  });

  it('that deletes nothing is DELETION_DISABLED and says what to allow', async () => {
    const { url } = await answering((response) => void response.writeHead(405).end());
    await expect((await createRegistry({ url })).deleteImage('a', 'sha256:1')).rejects.toMatchObject({
      code: 'DELETION_DISABLED',
      hint: expect.stringContaining('storage.delete.enabled') as string,
    });
  });

  it('without a login gives engines none', async () => {
    const registry = await createRegistry({ url: 'https://registry.example' });
    expect(await registry.login()).toBeUndefined();
  });
});

describe('a login', () => {
  it('of a registry with TLS is never sent to a realm without', async () => {
    const { url, asked } = await answering((response) => void response.end('{"token":"t"}'));
    const transport = new Transport('https://registry.example', undefined);
    const authorizer = new Authorizer(transport, () => Promise.resolve(login));
    await expect(authorizer.answer('pull', `Bearer realm="${url}/token"`)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringContaining('unencrypted') as string,
    });
    expect(asked).toEqual([]);
  });
});

describe('an Azure identity', () => {
  const token = (response: ServerResponse): void =>
    void response.end(JSON.stringify({ access_token: 'entra' }));

  it('of a machine is asked of its metadata service', async () => {
    const { url, asked } = await answering(token);
    expect(await azureAccessToken({ metadataHost: url, clientId: 'one' })()).toBe('entra');
    expect(asked[0]).toMatchObject({ method: 'GET', headers: { metadata: 'true' } });
    const { searchParams } = new URL(asked[0]?.url ?? '', url);
    expect(Object.fromEntries(searchParams)).toEqual({
      'api-version': '2018-02-01',
      resource: 'https://containerregistry.azure.net',
      client_id: 'one',
    });
  });

  it('of a pod is asked with its federated token, as it is then', async () => {
    const { url, asked } = await answering(token);
    const folder = mkdtempSync(join(tmpdir(), 'slipway-identity-'));
    const federatedTokenFile = join(folder, 'token');
    const options = { federatedTokenFile, tenantId: 'tenant', clientId: 'one', authorityHost: url };
    const accessToken = azureAccessToken(options);
    for (const assertion of ['first', 'second']) {
      writeFileSync(federatedTokenFile, `${assertion}\n`);
      expect(await accessToken()).toBe('entra');
    }
    rmSync(folder, { recursive: true });
    expect(asked.map((one) => one.url)).toEqual(['/tenant/oauth2/v2.0/token', '/tenant/oauth2/v2.0/token']);
    const assertions = asked.map(({ body }) => new URLSearchParams(body).get('client_assertion'));
    expect(assertions).toEqual(['first', 'second']);
  });

  it('that there is not is REGISTRY_DENIED', async () => {
    const { url } = await answering((response) => void response.writeHead(400).end('{"error":"none"}'));
    await expect(azureAccessToken({ metadataHost: url })()).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringContaining('400, none') as string,
    });
  });
});
