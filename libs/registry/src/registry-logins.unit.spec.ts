import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockerLogins } from './docker-logins.js';
import { loginFor, registryLogins } from './registry-logins.js';

const auth = Buffer.from('team:pass:word').toString('base64');
const parsed = (auths: object, more: object = {}) => [...dockerLogins(JSON.stringify({ auths, ...more }))];

describe('a file as docker login writes it', () => {
  it('has the logins by host, in both of their forms', () => {
    const auths = { 'ghcr.io': { auth }, 'r.example:5000': { username: 'u', password: 'p', auth } };
    expect(parsed(auths, { credHelpers: {} })).toEqual([
      ['ghcr.io', { username: 'team', password: 'pass:word' }],
      ['r.example:5000', { username: 'u', password: 'p' }],
    ]);
  });

  it.each([
    ['https://index.docker.io/v1/', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['https://r.example/v2/', 'r.example'],
    ['http://r.example:5000', 'r.example:5000'],
  ])('names %s, which in images is %s', (key, host) => {
    expect(parsed({ [key]: { auth } })[0]?.[0]).toBe(host);
  });

  it.each<[string, string, string]>([
    ['is no JSON', '{"auths": hunter2', 'expected JSON'],
    ['has no logins', '{"hunter2": {}}', 'expected an object "auths"'],
    ['names a path', '{"auths":{"r.example/hunter2":{"auth":"YTpi"}}}', 'expected a host'],
    [
      'has its logins in a helper',
      '{"auths":{"ghcr.io":{}},"credsStore":"desktop"}',
      'expected "auth", or "username" and "password", for ghcr.io; logins in a credential helper',
    ],
    ['has a login without a name', `{"auths":{"ghcr.io":{"auth":"aHVudGVyMg=="}}}`, 'for ghcr.io'],
  ])('that %s is refused, and not repeated', (_, text, said) => {
    expect(() => dockerLogins(text)).toThrow(said);
    expect(() => dockerLogins(text)).not.toThrow(/hunter2/);
  });
});

describe('the login of an image', () => {
  const own = {
    host: 'own.example:5000',
    login: () => Promise.resolve({ username: 'own', password: 'p', serveraddress: 'own.example:5000' }),
  };

  async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-logins-'));
    const file = join(folder, 'config.json');
    writeFileSync(file, text);
    await use(file).finally(() => rmSync(folder, { recursive: true }));
  }

  it('went to our registry alone: each goes to its own host, and to no other', async () => {
    const auths = {
      'https://index.docker.io/v1/': { auth },
      'r.example': { auth },
      'own.example:5000': { auth },
    };
    await withFile(JSON.stringify({ auths }), async (file) => {
      const logins = registryLogins(own, file);
      const userAt = async (image: string) => {
        const login = await loginFor(logins, image);
        return login && `${login.username} at ${login.serveraddress}`;
      };
      expect(await userAt('own.example:5000/shop/web@sha256:1')).toBe('own at own.example:5000');
      expect(await userAt('r.example/team/app:1')).toBe('team at r.example');
      for (const image of ['nginx:1', 'team/app', 'docker.io/team/app'])
        expect(await userAt(image), image).toBe('team at docker.io');
      const others = ['own.example/web', 'own.example:50001/a', 'r.example:443/a', 'localhost/r.example/a'];
      for (const image of others) expect(await userAt(image), image).toBeUndefined();
      expect([...(await logins.hosts())].sort()).toEqual(['docker.io', 'own.example:5000', 'r.example']);
    });
  });

  it('is read anew for each transfer, since a token may end', async () => {
    await withFile('{"auths":{}}', async (file) => {
      const logins = registryLogins(own, file);
      expect(await logins.at('r.example')).toBeUndefined();
      writeFileSync(file, JSON.stringify({ auths: { 'r.example': { auth } } }));
      expect(await logins.at('r.example')).toMatchObject({ username: 'team' });
      writeFileSync(file, 'hunter2');
      await expect(logins.at('r.example')).rejects.toMatchObject({
        code: 'REGISTRY_DENIED',
        message: expect.stringMatching(/^REGISTRY_LOGINS_FILE cannot be used: expected JSON/) as string,
      });
      expect(await logins.at(own.host)).toMatchObject({ username: 'own' });
    });
  });

  it('is that of our registry alone where no file is named', async () => {
    const logins = registryLogins(own, undefined);
    expect(await logins.hosts()).toEqual([own.host]);
    expect(await logins.at('r.example')).toBeUndefined();
  });
});
