import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '#libs/config';
import { parseBuilders } from './builder-address.js';
import { deployerConfigSchema } from '../../deployer.config.js';

const FINGERPRINT = `SHA256:${'ab+/'.repeat(10)}abc`;
const KEY = import.meta.filename;
const over = (more: string): string => `big=ssh://builder@10.0.0.9:2222?${more}`;

describe('builders by name', () => {
  it('one of this machine and one over SSH, each with its own limit', () => {
    const text = `local=unix:///var/run/docker.sock, ${over(`hostKey=${FINGERPRINT}&keyFile=${KEY}&builds=8&socket=/run/d.sock`)}`;
    const ssh = {
      host: '10.0.0.9',
      port: 2222,
      user: 'builder',
      hostKeyFingerprint: FINGERPRINT,
      keyFile: KEY,
    };
    expect(parseBuilders(text)).toEqual([
      { name: 'local', socketPath: '/var/run/docker.sock', builds: undefined },
      { name: 'big', socketPath: '/run/d.sock', ssh, builds: 8 },
    ]);
  });

  it('port and socket are the usual ones when left out, and an IPv6 address is told without its brackets', () => {
    const [builder] = parseBuilders(`big=ssh://root@[fe80::1]?hostKey=${FINGERPRINT}&keyFile=${KEY}`);
    expect(builder).toMatchObject({
      socketPath: '/var/run/docker.sock',
      ssh: { host: 'fe80::1', port: 22 },
    });
  });

  it.each([
    ['', 'NAME='],
    ['unix:///a.sock', 'NAME='],
    ['Big=unix:///a.sock', 'NAME='],
    ['a=tcp://10.0.0.1:2375', 'NAME='],
    ['a=unix:///a.sock,a=unix:///b.sock', 'two builders have the same name'],
    ['a=unix://a.sock', 'unix:///path'],
    ['a=unix:///a.sock?builds=0', 'builds'],
    ['a=unix:///a.sock?build=2', 'unknown parameter "build"; expected builds'],
    [over(`keyFile=${KEY}`), 'hostKey'],
    [over(`hostKey=${FINGERPRINT}`), 'keyFile'],
    [over(`hostKey=${FINGERPRINT}&keyFile=/no/such/key`), 'keyFile'],
    [`a=ssh://10.0.0.9?hostKey=${FINGERPRINT}&keyFile=${KEY}`, 'NAME='],
    [`a=ssh://u:hunter2@10.0.0.9?hostKey=${FINGERPRINT}&keyFile=${KEY}`, 'a password is not supported'],
  ])('%j is refused and says what is expected', (text, expected) => {
    expect(() => parseBuilders(text)).toThrow(expected);
  });

  it('an encrypted key was found to be one at the first build', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-builder-'));
    const file = join(folder, 'key');
    const encrypted = { passphrase: 'hunter2', cipher: 'aes256-ctr', rounds: 1 };
    writeFileSync(file, ssh2.utils.generateKeyPairSync('ed25519', encrypted).private);
    const parsed = () => parseBuilders(over(`hostKey=${FINGERPRINT}&keyFile=${file}`));
    expect(parsed).toThrow('builder "big": keyFile must be a private key without a passphrase');
    rmSync(folder, { recursive: true });
  });

  it('a password that stands in the address by mistake is not shown at the start', () => {
    try {
      loadConfig(deployerConfigSchema, { BUILDERS: 'a=ssh://u:hunter2@10.0.0.9' });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toContain('BUILDERS');
      expect(String(error)).not.toContain('hunter2');
    }
  });
});
