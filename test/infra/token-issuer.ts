import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { AUDIENCE } from '../../scripts/one-machine/secured-kafka.js';

const KEY_ID = 'issuer';

/** An identity provider: tokens for clients by their secrets, and the keys that they are signed with. */
export class TokenIssuer {
  /** How many tokens it gave. */
  issued = 0;
  /** Of the tokens to come. */
  lifeS = 300;
  private readonly server: Server;

  private constructor(
    private readonly secrets: Readonly<Record<string, string>>,
    private readonly privateKey: Parameters<SignJWT['sign']>[0],
    private readonly publicKey: JWK,
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  static async start(secrets: Readonly<Record<string, string>>): Promise<TokenIssuer> {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' };
    const issuer = new TokenIssuer(secrets, privateKey, key);
    await once(issuer.server.listen(0, '127.0.0.1'), 'listening');
    return issuer;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get tokenUrl(): string {
    return `${this.url}/token`;
  }

  get jwksUrl(): string {
    return `${this.url}/jwks`;
  }

  private get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url === '/jwks') return json(200, { keys: [this.publicKey] });
    const form = new URLSearchParams(await text(request));
    const client = form.get('client_id') ?? '';
    if (this.secrets[client] !== form.get('client_secret')) return json(401, { error: 'invalid_client' });
    if (form.get('scope') === 'unknown') return json(400, { error: 'invalid_scope' });
    this.issued += 1;
    json(200, { access_token: await this.sign(client), token_type: 'Bearer', expires_in: this.lifeS });
  }

  private sign(subject: string): Promise<string> {
    return new SignJWT({ scope: 'kafka' })
      .setProtectedHeader({ alg: 'RS256', kid: KEY_ID })
      .setSubject(subject)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${this.lifeS}s`)
      .sign(this.privateKey);
  }
}
