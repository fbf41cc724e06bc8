import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { OauthTokens } from './oauth-tokens.js';

it.each([
  ['that wants fewer questions ended the app', 429, 'KAFKA_OAUTH_TOKEN_URL', true],
  ['that refuses the client is not asked again', 401, 'KAFKA_OAUTH_CLIENT_ID', false],
])('a token endpoint %s', async (_, status, variable, retriable) => {
  const endpoint = createServer((_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":"refused"}'),
  );
  await once(endpoint.listen(0, '127.0.0.1'), 'listening');
  const tokenUrl = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`;
  const tokens = new OauthTokens({ tokenUrl, clientId: 'c', clientSecret: 's', scope: undefined });
  await expect(tokens.token()).rejects.toMatchObject({
    message: expect.stringMatching(new RegExp(`^${variable}`)) as string,
    retriable,
  });
  endpoint.close();
});
