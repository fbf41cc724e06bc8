import * as oauth from 'oauth4webapi';
import { KafkaSetupError } from './setup-error.js';

export interface OauthOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

interface Kept {
  readonly token: string;
  /** By `performance.now()`. */
  readonly renewAt: number;
}

/** Of a token's life. */
const USED_PART = 0.8;
/**
 * A session ends with the token that began it. kafkajs logs in anew 10 s before that, and brokers refuse a login within a
 * second of the last one: a connection that begins with less would be closed again and again.
 */
const LEAST_LEFT_MS = 30_000;
const ANSWER_MS = 10_000;
const TOO_MANY_REQUESTS = 429;

/** Tokens by OAuth client credentials: one at a time, kept, and renewed before it ends. */
export class OauthTokens {
  private kept: Kept | undefined;
  private asking: Promise<Kept> | undefined;

  constructor(private readonly options: OauthOptions) {}

  async token(): Promise<string> {
    if (this.kept !== undefined && performance.now() < this.kept.renewAt) return this.kept.token;
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    this.kept = await this.asking;
    return this.kept.token;
  }

  /** As brokers call whoever shows the token, where it was fetched and says so: its `sub`. */
  get subject(): string {
    return subjectOf(this.kept?.token ?? '') ?? this.options.clientId;
  }

  private async ask(): Promise<Kept> {
    const { tokenUrl, clientId, clientSecret, scope } = this.options;
    const server = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
    const client = { client_id: clientId };
    const askedAt = performance.now();
    try {
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretPost(clientSecret),
        scope === undefined ? {} : { scope },
        // Whoever writes http:// means it.
        { [oauth.allowInsecureRequests]: true, signal: () => AbortSignal.timeout(ANSWER_MS) },
      );
      const answer = await oauth.processClientCredentialsResponse(server, client, response);
      const lifeMs = (answer.expires_in ?? 0) * 1_000;
      const usedMs = Math.min(lifeMs * USED_PART, lifeMs - LEAST_LEFT_MS);
      return { token: answer.access_token, renewAt: askedAt + usedMs };
    } catch (error) {
      throw refusal(tokenUrl, error);
    }
  }
}

function subjectOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const { sub } = claims as { sub?: unknown };
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}

/** Which variable is wrong, by OAuth's names for it (RFC 6749, 5.2). */
function refusal(tokenUrl: string, cause: unknown): KafkaSetupError {
  if (cause instanceof oauth.ResponseBodyError && cause.error === 'invalid_scope')
    return new KafkaSetupError(`KAFKA_OAUTH_SCOPE: ${tokenUrl} refuses it (invalid_scope)`, { cause });
  const isRefused =
    cause instanceof oauth.WWWAuthenticateChallengeError ||
    (cause instanceof oauth.ResponseBodyError && cause.status < 500 && cause.status !== TOO_MANY_REQUESTS);
  if (isRefused) {
    const name = cause instanceof oauth.ResponseBodyError ? cause.error : String(cause.status);
    const text = `KAFKA_OAUTH_CLIENT_ID or KAFKA_OAUTH_CLIENT_SECRET: ${tokenUrl} refuses them (${name})`;
    return new KafkaSetupError(text, { cause });
  }
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = inner instanceof Error ? inner.message : String(inner);
  // An endpoint that is away comes back: asked again, as a broker is.
  return new KafkaSetupError(`KAFKA_OAUTH_TOKEN_URL: no token from ${tokenUrl}: ${why}`, {
    cause,
    retriable: true,
  });
}
