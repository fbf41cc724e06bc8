import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jwtVerify, SignJWT } from 'jose';

const run = promisify(execFile);

export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** Tokens as docker-registry's `auth: token` takes them: RS256, with the signing certificate in the header. */
export class TokenIssuer {
  private constructor(
    private readonly service: string,
    readonly certificateFile: string,
    private readonly key: ReturnType<typeof createPrivateKey>,
    private readonly certificate: X509Certificate,
  ) {}

  static async make(folder: string, service: string): Promise<TokenIssuer> {
    const [key, certificate] = [join(folder, 'token.key'), join(folder, 'token.crt')];
    const files = ['-keyout', key, '-out', certificate];
    const what = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=token issuer'];
    await run('openssl', ['req', '-x509', ...what, ...files]);
    const pem = readFileSync(certificate);
    return new TokenIssuer(
      service,
      certificate,
      createPrivateKey(readFileSync(key)),
      new X509Certificate(pem),
    );
  }

  /** A token for some requests, or, without access, one that serves as a password. */
  async issue(subject: string, lifeSeconds: number, access?: readonly Access[]): Promise<string> {
    const { service, key, certificate } = this;
    return new SignJWT(access === undefined ? { refresh: true } : { access })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', x5c: [certificate.raw.toString('base64')] })
      .setSubject(subject)
      .setIssuer(service)
      .setAudience(service)
      .setIssuedAt()
      .setNotBefore('-5s')
      .setExpirationTime(`${lifeSeconds}s`)
      .sign(key);
  }

  async isRefreshToken(token: string): Promise<boolean> {
    return (await this.payload(token))?.['refresh'] === true;
  }

  async allows(token: string, wanted: Access): Promise<boolean> {
    const access = ((await this.payload(token))?.['access'] ?? []) as readonly Access[];
    const isWanted = ({ type, name }: Access): boolean => type === wanted.type && name === wanted.name;
    const actions = access.filter(isWanted).flatMap((one) => one.actions);
    return wanted.actions.every((action) => actions.includes(action));
  }

  private async payload(token: string): Promise<Record<string, unknown> | undefined> {
    const options = { issuer: this.service, audience: this.service };
    return jwtVerify(token, this.certificate.publicKey, options).then(
      ({ payload }) => payload,
      () => undefined,
    );
  }
}

/** `repository:shop/web:pull,push` */
export function parseScope(scope: string): Access {
  const [type = '', name = '', actions = ''] = scope.split(':');
  return { type, name, actions: actions.split(',') };
}

export const scopeOf = ({ type, name, actions }: Access): string => `${type}:${name}:${actions.join(',')}`;
