import { expect, it } from 'vitest';
import {
  type CarriedCertificate,
  certificateOperations,
  securedBy,
  securingNothing,
} from './certificates.js';

const certificate = (id: string, more: Partial<CarriedCertificate> = {}): CarriedCertificate => ({
  ...{ id, pem: `pem of ${id}`, names: [`${id}.example.com`], redirects: true },
  ...more,
});
const secured = (...certificates: readonly CarriedCertificate[]) => securedBy(certificates, (pem) => pem);

it('a host is sent on to HTTPS only while its certificate is served', () => {
  const [first, both] = [secured(certificate('a')), secured(certificate('a'), certificate('b'))];
  expect(certificateOperations(securingNothing, first)).toEqual([
    { kind: 'add-certificate', id: 'a' },
    { kind: 'add-redirect', host: 'a.example.com' },
  ]);
  expect(certificateOperations(both, first)).toEqual([
    { kind: 'remove-redirect', host: 'b.example.com' },
    { kind: 'remove-certificate', id: 'b' },
  ]);
});

it('a renewed certificate is replaced where it is', () => {
  const after = secured(certificate('a', { pem: 'renewed' }));
  expect(certificateOperations(secured(certificate('a')), after)).toEqual([
    { kind: 'replace-certificate', id: 'a' },
  ]);
  expect(certificateOperations(after, after)).toEqual([]);
});

it('a wildcard is looked up by the rest of a host, and nobody is sent to a certificate that nobody trusts', () => {
  const { redirected } = secured(
    certificate('a', { names: ['*.example.com', 'example.com'] }),
    certificate('local', { redirects: false }),
  );
  expect([...redirected]).toEqual(['.example.com', 'example.com']);
});
