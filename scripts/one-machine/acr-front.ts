import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type AcrAnswer, type Backend, catalog, pageOf, tag, tagNames, tags } from './acr-listing.js';
import { type Access, parseScope, scopeOf, type TokenIssuer } from './acr-tokens.js';
import { forward } from './forward.js';

interface AcrFrontParts {
  readonly host: string;
  /** docker-registry behind, that trusts the issuer. */
  readonly backend: string;
  readonly issuer: TokenIssuer;
  readonly login: { readonly username: string; readonly password: string; readonly identityToken: string };
}

const TOKEN_USER = '00000000-0000-0000-0000-000000000000';
const ACCESS_SECONDS = 300;
const REFRESH_SECONDS = 3 * 3600;
const TAGS = /^\/acr\/v1\/(.+)\/_tags(?:\/([^/]+))?$/;

/** ACR's answers: logins at `/oauth2`, listings at `/acr/v1`, and all of `/v2` by the registry behind. */
export class AcrFront {
  readonly requests: string[] = [];

  constructor(private readonly parts: AcrFrontParts) {}

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `https://${this.parts.host}`);
    // Azure's client writes the slash of a repository as %2F.
    url.pathname = url.pathname.replaceAll(/%2f/gi, '/');
    this.requests.push(`${request.method} ${url.pathname}`);
    try {
      if (url.pathname === '/oauth2/exchange') await this.exchange(request, response);
      else if (url.pathname === '/oauth2/token') await this.token(url, request, response);
      else if (url.pathname.startsWith('/acr/v1/')) await this.acr(url, request, response);
      else await this.distribution(url, request, response);
    } catch (error) {
      if (!response.headersSent)
        send(response, 500, { errors: [{ code: 'UNKNOWN', message: String(error) }] });
      response.destroy();
    }
  }

  /** An Azure identity's token for a refresh token. */
  private async exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { issuer, login } = this.parts;
    const form = new URLSearchParams(await text(request));
    const known = form.get('grant_type') === 'access_token' && form.get('service') === this.service;
    if (!known || form.get('access_token') !== login.identityToken) return unauthorized(response);
    send(response, 200, { refresh_token: await issuer.issue(TOKEN_USER, REFRESH_SECONDS) });
  }

  /** A login or a refresh token for an access token; GET with a basic login, or POST with the refresh token. */
  private async token(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { issuer } = this.parts;
    const isPost = request.method === 'POST';
    const form = isPost ? new URLSearchParams(await text(request)) : url.searchParams;
    const known = isPost
      ? await issuer.isRefreshToken(form.get('refresh_token') ?? '')
      : await this.knows(request.headers.authorization);
    if (!known || form.get('service') !== this.service) return unauthorized(response);
    const access = form.getAll('scope').flatMap((scope) => scope.split(' ').map(parseScope));
    const token = await issuer.issue('someone', ACCESS_SECONDS, access);
    send(response, 200, { access_token: token });
  }

  private async knows(authorization: string | undefined): Promise<boolean> {
    const { issuer, login } = this.parts;
    const decoded = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    const username = decoded.slice(0, decoded.indexOf(':'));
    const password = decoded.slice(username.length + 1);
    if (username === TOKEN_USER) return issuer.isRefreshToken(password);
    return username === login.username && password === login.password;
  }

  private async acr(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = '', reference] = TAGS.exec(url.pathname) ?? [];
    const wanted: Access =
      name === ''
        ? { type: 'registry', name: 'catalog', actions: ['*'] }
        : { type: 'repository', name, actions: ['metadata_read'] };
    if (!(await this.isAllowed(request, wanted))) return this.challenge(response, wanted);
    if (name === '') return answer(response, await catalog(this.backend, url.searchParams));
    if (reference === undefined) return answer(response, await tags(this.backend, name, url.searchParams));
    return answer(response, await tag(this.backend, name, reference));
  }

  /** The registry behind knows the tokens; listings of tags it gives whole, where ACR gives pages. */
  private async distribution(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name] = /^\/v2\/(.+)\/tags\/list$/.exec(url.pathname) ?? [];
    const wanted: Access = { type: 'repository', name: name ?? '', actions: ['pull'] };
    const names = name === undefined ? undefined : await tagNames(this.backend, name);
    if (name === undefined || names === undefined || !(await this.isAllowed(request, wanted)))
      return this.pass(url, request, response);
    const { page, next } = pageOf(names, url.pathname, url.searchParams);
    answer(response, { status: 200, body: { name, tags: page }, next });
  }

  private async pass(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { backend, host } = this.parts;
    await forward(request, response, { to: new URL(url.pathname + url.search, backend), host });
  }

  private readonly backend: Backend = async (path, headers = {}) => {
    const [, name = ''] = /^\/v2\/(.+)\/(?:tags|manifests|blobs)\//.exec(path) ?? [];
    const access: Access =
      name === ''
        ? { type: 'registry', name: 'catalog', actions: ['*'] }
        : { type: 'repository', name, actions: ['pull'] };
    const token = await this.parts.issuer.issue('front', ACCESS_SECONDS, [access]);
    return fetch(new URL(path, this.parts.backend), {
      headers: { ...headers, authorization: `Bearer ${token}` },
    });
  };

  private get service(): string {
    return new URL(`https://${this.parts.host}`).hostname;
  }

  private isAllowed(request: IncomingMessage, wanted: Access): Promise<boolean> {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    return this.parts.issuer.allows(token, wanted);
  }

  private challenge(response: ServerResponse, wanted: Access): void {
    const realm = `https://${this.parts.host}/oauth2/token`;
    const header = `Bearer realm="${realm}",service="${this.service}",scope="${scopeOf(wanted)}"`;
    response.setHeader('www-authenticate', header);
    unauthorized(response);
  }
}

function answer(response: ServerResponse, { status, body, next }: AcrAnswer): void {
  if (next !== undefined) response.setHeader('link', `<${next}>; rel="next"`);
  send(response, status, body);
}

function unauthorized(response: ServerResponse): void {
  const message = 'authentication required, visit https://aka.ms/acr/authorization for more information.';
  send(response, 401, { errors: [{ code: 'UNAUTHORIZED', message }] });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
