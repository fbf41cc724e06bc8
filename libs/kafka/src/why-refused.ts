import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { isUntrustedCertificate } from '#libs/config';
import type { KafkaConnection } from './connection.js';
import { KafkaSetupError } from './setup-error.js';

const HANDSHAKE_MS = 1_000;

/** How Node says that the other side does not speak TLS, or ended the handshake. */
const NO_TLS = /wrong version number|packet length too long|before secure TLS connection|ECONNRESET/;
const WANTS_CERTIFICATE = /certificate[_ ]required/i;
/** Alerts of the other side about our certificate. */
const REFUSES_CERTIFICATE =
  /alert (?:bad certificate|unknown ca|certificate unknown|unsupported certificate)/i;

const chainOf = (error: unknown): readonly Error[] =>
  error instanceof Error ? [error, ...chainOf(error.cause)] : [];
const fieldOf = (error: Error, name: 'code' | 'type'): unknown => Reflect.get(error, name);

/**
 * The variable that is wrong, where a broker does not let this client in; undefined where the broker is only away.
 * Certificates and logins are told apart by codes. What has none, because the broker closes the connection without a
 * word, is found out by a look at what the broker speaks.
 */
export async function whyRefused(
  broker: string,
  connection: KafkaConnection,
  error: unknown,
): Promise<KafkaSetupError | undefined> {
  const chain = chainOf(error);
  const known = chain.find((one) => one instanceof KafkaSetupError);
  if (known instanceof KafkaSetupError) return known.retriable ? undefined : known;
  const text =
    chain
      .map((one) => certificateProblem(broker, connection, one) ?? loginProblem(broker, connection, one))
      .find((found) => found !== undefined) ?? (await closedWithoutAWord(broker, connection, chain));
  return text === undefined ? undefined : new KafkaSetupError(text, { cause: error });
}

function certificateProblem(broker: string, { tls }: KafkaConnection, error: Error): string | undefined {
  const code = fieldOf(error, 'code');
  if (isUntrustedCertificate(code))
    return tls?.ca === undefined
      ? `KAFKA_CA_FILE is not set, and this machine does not know who signed the certificate of ${broker}`
      : `KAFKA_CA_FILE: its authority did not sign the certificate of ${broker}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `KAFKA_BROKERS: the certificate of ${broker} is for ${namedIn(error)}, another host name`;
  if (code === 'CERT_HAS_EXPIRED') return `KAFKA_BROKERS: the certificate of ${broker} has expired`;
  if (WANTS_CERTIFICATE.test(error.message))
    return `KAFKA_CLIENT_CERTIFICATE_FILE is not set, and ${broker} wants a certificate`;
  if (REFUSES_CERTIFICATE.test(error.message))
    return tls?.cert === undefined
      ? `KAFKA_CLIENT_CERTIFICATE_FILE is not set, and ${broker} wants a certificate`
      : `KAFKA_CLIENT_CERTIFICATE_FILE: ${broker} does not take this certificate`;
  return undefined;
}

/** `Host: x. is not in the cert's altnames: DNS:y` -> `DNS:y`; without those it speaks of the `cert's CN: y`. */
const namedIn = ({ message }: Error): string => /cert's (?:altnames|CN): (.*)$/.exec(message)?.[1] ?? message;

function loginProblem(
  broker: string,
  { sasl, principal }: KafkaConnection,
  error: Error,
): string | undefined {
  const mechanism = sasl?.mechanism.toUpperCase();
  if (
    /mechanism is not supported/.test(error.message) ||
    fieldOf(error, 'type') === 'UNSUPPORTED_SASL_MECHANISM'
  )
    return `KAFKA_SASL_MECHANISM: ${broker} does not offer ${mechanism}`;
  if (error.name !== 'KafkaJSSASLAuthenticationError') return undefined;
  if (mechanism === 'OAUTHBEARER')
    return `KAFKA_OAUTH_TOKEN_URL: ${broker} does not take its token, of ${principal?.()}`;
  return `KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD: ${broker} refuses ${principal?.()}`;
}

const isClosed = ({ name, message }: Error): boolean =>
  name === 'KafkaJSConnectionClosedError' || name === 'KafkaJSRequestTimeoutError' || NO_TLS.test(message);

/** Refused connections and unknown hosts come with a code, and are left to be tried again. */
async function closedWithoutAWord(
  broker: string,
  { tls, sasl }: KafkaConnection,
  chain: readonly Error[],
): Promise<string | undefined> {
  if (!chain.some(isClosed)) return undefined;
  const speaksTls = await shakesHands(broker);
  if (speaksTls === undefined) return undefined;
  if (tls === undefined && speaksTls) return `KAFKA_TLS is not true, and ${broker} speaks TLS`;
  if (tls !== undefined && !speaksTls) return `KAFKA_TLS is true, and ${broker} does not speak TLS`;
  if (sasl === undefined && chain.some(({ name }) => name === 'KafkaJSConnectionClosedError'))
    return `KAFKA_SASL_MECHANISM is not set, and ${broker} closes the connection as brokers do that want a login`;
  return undefined;
}

/** Undefined where nobody answers: a broker that ends closes connections, too. */
function shakesHands(broker: string): Promise<boolean | undefined> {
  const { hostname, port } = new URL(`kafka://${broker}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({
      ...{ host, port: Number(port), timeout: HANDSHAKE_MS },
      // As kafkajs does: what stands before brokers may know them by this name alone.
      ...(isIP(host) === 0 && { servername: host }),
      // Nothing is sent: only whether a handshake is possible is asked.
      rejectUnauthorized: false,
    });
    const end = (speaks: boolean | undefined): void => {
      socket.destroy();
      resolve(speaks);
    };
    socket.once('secureConnect', () => end(true));
    socket.once('error', (error) => end(speaksBy(error)));
    for (const event of ['timeout', 'close']) socket.once(event, () => end(undefined));
  });
}

/** By the error of a handshake: whoever ends it by an alert speaks TLS. */
function speaksBy(error: Error): boolean | undefined {
  const code = String(fieldOf(error, 'code'));
  if (NO_TLS.test(`${code} ${error.message}`)) return false;
  return code.startsWith('ERR_SSL_') ? true : undefined;
}
