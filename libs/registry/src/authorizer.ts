import { type Challenge, parseChallenge } from './challenge.js';
import { jsonOf, RegistryError, refused } from './errors.js';
import type { Credentials, UserPassword } from './registry.js';
import type { Transport } from './transport.js';

interface TokenAnswer {
  readonly token?: string;
  readonly access_token?: string;
  readonly expires_in?: number;
}

interface Kept {
  readonly authorization: string;
  readonly untilMs: number;
}

/** What a token lives where its issuer does not say (distribution's token specification). */
const DEFAULT_LIFE_S = 60;
/** A token is renewed before it ends, so that it does not end on its way. */
const MARGIN_MS = 10_000;

/**
 * Answers a registry's challenges, basic or by a token of the realm that it names, and keeps the answers by what they
 * were asked for. ACR takes the same: its realm is `/oauth2/token`.
 */
export class Authorizer {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly transport: Transport,
    private readonly credentials: Credentials,
  ) {}

  /** The header for a request, when one like it was answered before. */
  known(purpose: string): string | undefined {
    const kept = this.kept.get(purpose);
    return kept !== undefined && kept.untilMs > Date.now() ? kept.authorization : undefined;
  }

  /** The header that answers a 401. Throws REGISTRY_DENIED where the login is none or is not taken. */
  async answer(purpose: string, header: string | undefined): Promise<string> {
    const { host } = this.transport;
    const challenge = parseChallenge(header ?? '');
    const login = await this.credentials();
    if (challenge === undefined)
      throw new RegistryError(
        'REGISTRY_DENIED',
        `${host} answered 401 and asks for an unknown kind of login.`,
      );
    const kept =
      challenge.scheme === 'basic' ? this.basic(login) : await this.token(purpose, challenge, login);
    this.kept.set(purpose, kept);
    return kept.authorization;
  }

  private basic(login: UserPassword | undefined): Kept {
    if (login === undefined)
      throw new RegistryError(
        'REGISTRY_DENIED',
        `${this.transport.host} asks for a login, and there is none.`,
      );
    return { authorization: basicHeader(login), untilMs: Infinity };
  }

  private async token(
    purpose: string,
    challenge: Challenge & { readonly scheme: 'bearer' },
    login: UserPassword | undefined,
  ): Promise<Kept> {
    const url = this.realm(challenge.realm);
    const { service, scope } = challenge;
    if (service !== undefined) url.searchParams.set('service', service);
    // Several scopes in one challenge are several parameters of the question.
    for (const one of scope?.split(' ') ?? []) url.searchParams.append('scope', one);
    const headers = login === undefined ? {} : { authorization: basicHeader(login) };
    const response = await this.transport.send(url, { headers });
    if (!response.ok) throw refused(url.host, `the question for a token (${purpose})`, response.status);
    const body = await jsonOf<TokenAnswer>(url.host, response);
    const token = body.token ?? body.access_token;
    if (token === undefined) throw new RegistryError('REGISTRY_DENIED', `${url.host} did not send a token.`);
    const untilMs = Date.now() + (body.expires_in ?? DEFAULT_LIFE_S) * 1000 - MARGIN_MS;
    return { authorization: `Bearer ${token}`, untilMs };
  }

  /** The login goes to where the registry says, but never to where everyone on the way can read it. */
  private realm(realm: string): URL {
    const { origin, protocol, host } = this.transport.base;
    const url = URL.canParse(realm, origin) ? new URL(realm, origin) : undefined;
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && protocol === 'http:')) return url;
    throw new RegistryError('REGISTRY_DENIED', `${host} wants its login sent to ${realm}, unencrypted.`);
  }
}

function basicHeader({ username, password }: UserPassword): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
