import { type DeploymentReply, spelledServiceNameSchema, tokenSchema } from '#libs/contracts';
import { shortMessage } from '../../task/domain/clean-text.js';

interface Readable {
  readonly token?: unknown;
  readonly services?: unknown;
}

/**
 * The reply to a message that is no request, as far as it can be read. Undefined without a token: whoever sent it has
 * nothing to recognise a reply by, and finds it among the dead letters.
 */
export const replyToUnreadable = (body: string, reason: string): DeploymentReply | undefined =>
  refused(body, {
    code: 'REQUEST_INVALID',
    message: shortMessage(`The request was not understood: ${reason}`),
    hint: 'Correct the named fields and send it again under a new token; docs/asyncapi.json has the schema and an example.',
  });

/** The reply to a request that is not signed as it must be, where it has a token. */
export const replyToUnproven = (body: string, reason: string): DeploymentReply | undefined =>
  refused(body, {
    code: 'SIGNATURE_REFUSED',
    message: shortMessage(`The request was refused: ${reason}`),
    hint: 'Sign the body as docs/how-to/sign-requests.md says, with a key of REQUEST_KEYS, and send it again.',
  });

function refused(body: string, error: DeploymentReply['error']): DeploymentReply | undefined {
  const said = parsed(body);
  const token = tokenSchema.safeParse(said?.token);
  if (!token.success) return undefined;
  return {
    token: token.data,
    status: false,
    services: [],
    failed: namesOf(said?.services),
    error,
  };
}

function parsed(body: string): Readable | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** As many as a request may have. A reply that repeats more may be too large for its topic, and hold up all others. */
const MOST_SERVICES = 100;

/** The services that it names, as far as they can be names; a reply never repeats anything longer. */
function namesOf(services: unknown): string[] {
  if (!Array.isArray(services)) return [];
  return services.slice(0, MOST_SERVICES).flatMap((service: unknown) => {
    const name =
      typeof service === 'string' ? service : (service as (Readable & { name?: unknown }) | null)?.name;
    const known = spelledServiceNameSchema.safeParse(name);
    return known.success ? [known.data] : [];
  });
}
