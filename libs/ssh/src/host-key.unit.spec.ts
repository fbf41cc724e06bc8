import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { HostKeyMismatchError } from './errors.js';
import { algorithmsFor, hostKeyOf, hostKeyText, hostKeyTypes } from './host-key.js';

const BITS = { ed25519: {}, ecdsa: { bits: 384 }, rsa: { bits: 1024 } } as const;

function blobOf(type: keyof typeof BITS): Buffer {
  const { public: text } = ssh2.utils.generateKeyPairSync(type, BITS[type] as never);
  return Buffer.from(text.split(' ')[1] ?? '', 'base64');
}

describe('host keys', () => {
  it.each(hostKeyTypes)('of type %s are known by what they say of themselves', (type) => {
    const key = hostKeyOf(blobOf(type));
    expect(key.type).toBe(type);
    expect(key.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(hostKeyText(key)).toBe(`${type.toUpperCase()} ${key.fingerprint}`);
  });

  it.each([Buffer.alloc(0), Buffer.from('??'), Buffer.from('\0\0\0\u0007ssh-dss')])(
    'of another kind have a fingerprint, too',
    (blob) => {
      expect(hostKeyOf(blob).type).toBeUndefined();
      expect(hostKeyText(hostKeyOf(blob))).toMatch(/^SHA256:/);
    },
  );

  it('are asked for by their type first, and by all others after it', () => {
    for (const type of hostKeyTypes) {
      const asked = algorithmsFor(type);
      expect(asked[0]).toContain(type === 'ecdsa' ? 'ecdsa' : type);
      expect(new Set(asked).size).toBe(7);
    }
  });
});

it('a changed host key is told with both types and both fingerprints', () => {
  const expected = { type: 'rsa', fingerprint: 'SHA256:old' } as const;
  const presented = [{ type: 'ed25519', fingerprint: 'SHA256:new' }] as const;
  const error = new HostKeyMismatchError(expected, presented, '10.0.0.1:22');
  expect(error.message).toBe(
    '10.0.0.1:22 shows the host key ED25519 SHA256:new, but it was enrolled with RSA SHA256:old.',
  );
  expect(error.details).toMatchObject({ expected: 'SHA256:old', presented: 'SHA256:new' });
});

it('a fingerprint that was given for a new machine was told as the one that it was enrolled with', () => {
  const given = { type: undefined, fingerprint: 'SHA256:given' };
  const shown = [{ type: 'rsa', fingerprint: 'SHA256:a' }] as const;
  const error = new HostKeyMismatchError(given, shown, '10.0.0.1:22', 'given');
  expect(error.message).toBe('10.0.0.1:22 shows the host key RSA SHA256:a, and not the given SHA256:given.');
  expect(error.hint).toContain('ssh-keygen -lf');
});
