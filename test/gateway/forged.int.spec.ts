import { afterAll, beforeAll, expect, it } from 'vitest';
import { startThreeServices, type ThreeServices } from './gateway-alone.js';
import { headerValues } from './raw-instance.js';
import { sendRaw } from './raw-client.js';
import { faultsOf, markedBy } from './seen.js';

/** Lines of a client that is not trusted. */
const CLAIMS: readonly string[] = [
  ...['X-Forwarded-For: 1.2.3.4', 'x-forwarded-for: 1.2.3.4\r\nX-FORWARDED-FOR: 5.6.7.8', 'X-Forwarded-For:'],
  ...['X_Forwarded_For: 1.2.3.4', 'X-Forwarded_For: 1.2.3.4', 'X_FORWARDED-FOR: 1.2.3.4'],
  ...['X-Forwarded-Host: evil.example', 'X_Forwarded_Host: evil.example', 'X-Forwarded-Host: a, b'],
  ...['X-Forwarded-Proto: https', 'X_Forwarded_Proto: https', 'X-Forwarded-Port: 1', 'X_Forwarded_Port: 1'],
  ...['X-Forwarded-Prefix: /evil', 'X-Forwarded-Server: evil.example', 'X-Forwarded-Ssl: on'],
  ...[
    'X-Real-IP: 1.2.3.4',
    'X_Real_IP: 1.2.3.4',
    'Forwarded: for=1.2.3.4;proto=https',
    'Proxy: http://evil.example',
  ],
  ...['X-Request-Id: mine', 'X-Request-ID: a\r\nx-request-id: b', 'X_Request_Id: mine', 'X-Request_Id: mine'],
  ...['Connection: close, X-Forwarded-For', 'Connection: X-Request-Id, X-Forwarded-Proto, Host'],
  ...[
    'Connection: keep-alive\r\nConnection: X-Forwarded-For',
    'Connection: upgrade, X-Forwarded-For\r\nUpgrade: x',
  ],
  ...['Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__'],
  ...[
    'Connection: Upgrade\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nUpgrade: websocket, h2c',
    'Connection: Upgrade\r\nUpgrade: H2C',
  ],
];

let services: ThreeServices;
beforeAll(async () => {
  services = await startThreeServices();
});
afterAll(() => services.stop());

it.each(CLAIMS.map((lines, index) => [JSON.stringify(lines), lines, `claim-${index}-`] as const))(
  '%s is not what an instance is told',
  async (_, lines, mark) => {
    await sendRaw(services.port, `GET /${mark} HTTP/1.1\r\nHost: web.localhost\r\n${lines}\r\n\r\n`);
    const [request, ...more] = markedBy(services.instances.web, mark);
    expect(more).toEqual([]);
    expect(request && faultsOf(request)).toEqual([]);
    const head = request?.head ?? '';
    // An instance that is a proxy itself would leave out what is named there.
    expect(headerValues(head, 'connection').join().toLowerCase()).toMatch(/^(?:|keep-alive|close|upgrade)$/);
    // Behind such an upgrade no request would be seen by the gateway any more.
    expect(headerValues(head, 'upgrade').join().toLowerCase()).not.toContain('h2c');
    expect(headerValues(head, 'http2-settings')).toEqual([]);
  },
);

it('what is in trailers stays there: HAProxy 2.6 cannot take it out, and instances keep it apart', async () => {
  const trailers = 'X-Forwarded-For: 1.2.3.4\r\nX-Request-Id: mine\r\nHost: evil.example\r\n';
  const head = 'POST /trailers- HTTP/1.1\r\nHost: web.localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
  await sendRaw(services.port, `${head}2\r\nok\r\n0\r\n${trailers}\r\n`);
  const seen = markedBy(services.instances.web, '/trailers-');
  expect(seen).toHaveLength(1);
  expect(seen.flatMap(faultsOf)).toEqual([]);
});

it('of a proxy that is trusted, names with underscores are taken out all the same', async () => {
  const trusting = await startThreeServices({ GATEWAY_TRUSTED_PROXIES: '127.0.0.0/8' });
  const claims = 'X-Forwarded-Proto: https\r\nX_Forwarded_Proto: http\r\nX_Request_Id: mine\r\nProxy: x\r\n';
  await sendRaw(trusting.port, `GET /trusted- HTTP/1.1\r\nHost: web.localhost\r\n${claims}\r\n`);
  const [request] = markedBy(trusting.instances.web, '/trusted-');
  await trusting.stop();
  const values = (name: string): readonly string[] => headerValues(request?.head ?? '', name);
  expect(values('x-forwarded-proto')).toEqual(['https']);
  for (const name of ['x_forwarded_proto', 'x_request_id', 'proxy']) expect(values(name)).toEqual([]);
});
