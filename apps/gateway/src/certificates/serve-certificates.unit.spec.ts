import { expect, it } from 'vitest';
import type { Certificate, CertificateSource } from './domain/certificate.js';
import { ServeCertificates } from './serve-certificates.js';

const certificate = (source: CertificateSource, ...names: readonly string[]): Certificate => ({
  ...{ id: `${source}-${names[0]}`, source, names, pem: `${source} ${names.join()}` },
  ...{ issuer: 'Somebody', notBeforeMs: 0, notAfterMs: 1_000 },
});

function serving(own: readonly Certificate[], issued?: () => Promise<readonly Certificate[]>) {
  const served: (readonly string[])[] = [];
  const serve = new ServeCertificates({
    plane: {
      serveCertificates: (all) => Promise.resolve(void served.push(all.map(({ id }) => id))),
      keptCertificate: () => Promise.resolve(undefined),
    },
    own: { read: () => Promise.resolve({ certificates: own, problems: [] }) },
    ...(issued && { issued: { read: issued } }),
    patterns: [],
    local: { certify: (hosts) => Promise.resolve(hosts.map((host) => certificate('self-signed', host))) },
    nowMs: () => 0,
    onProblem: () => undefined,
    onServed: () => undefined,
  });
  return { serve, served };
}

it('a host has the best certificate that covers it: a file, then the authority, then this machine', async () => {
  const { serve, served } = serving([certificate('file', '*.example.com')], () =>
    Promise.resolve([certificate('acme', 'a.example.com'), certificate('acme', 'b.shop.example.com')]),
  );
  serve.want(['a.example.com', 'b.shop.example.com', 'c.localhost', 'a_b.localhost', '10.0.0.1']);
  await serve.readIssued();
  expect(served).toEqual([['file-*.example.com', 'acme-b.shop.example.com', 'self-signed-c.localhost']]);
  expect(serve.orderable).toEqual(['b.shop.example.com']);
  await serve.refresh();
  expect(served.length).toBe(1);
});

it('a pattern of a route has a certificate of this machine, unless one covers all of it', async () => {
  const { serve, served } = serving([certificate('file', '*.own.example.com')]);
  serve.want(['*.own.example.com', '*.shop.example.com', 'a.own.example.com', 'shop.example.com']);
  await serve.refresh();
  expect(served).toEqual([
    ['file-*.own.example.com', 'self-signed-*.shop.example.com', 'self-signed-shop.example.com'],
  ]);
  expect(serve.orderable).toEqual([]);
});

it('a gateway that started anew took certificates off until it knew its routes and the database again', async () => {
  let isAway = true;
  const { serve, served } = serving([certificate('file', 'a.example.com')], () =>
    isAway ? Promise.reject(new Error('away')) : Promise.resolve([]),
  );
  await serve.refresh();
  await expect(serve.readIssued()).rejects.toThrow('away');
  serve.want(['a.example.com']);
  await serve.refresh();
  expect(served).toEqual([]);
  isAway = false;
  await serve.readIssued();
  expect(served).toEqual([['file-a.example.com']]);
  isAway = true;
  await expect(serve.readIssued()).rejects.toThrow('away');
  await serve.refresh();
  expect(served.length).toBe(1);
});
