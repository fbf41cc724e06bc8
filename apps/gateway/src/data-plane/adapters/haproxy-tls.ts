import { CHALLENGE_PATH } from '../domain/certificates.js';
import { filesIn, type HaproxySettings } from './haproxy-settings.js';

const CHALLENGES = 'acme-challenges';

/** Mozilla's "intermediate" list (guideline 5.7) without the ciphers that need Diffie-Hellman parameters. */
const CIPHERS = [
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':');
const CIPHER_SUITES = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

/**
 * A client that names a host without a certificate is refused: with another host's certificate it would see a warning
 * that leads nowhere. So HAProxy also starts before there is any certificate.
 */
export const tlsBind = ({ tls, folder }: Pick<HaproxySettings, 'tls' | 'folder'>): readonly string[] =>
  tls === undefined
    ? []
    : [
        `bind ${tls.host.includes(':') ? `[${tls.host}]` : tls.host}:${tls.port} ssl crt-list ${filesIn(folder).certificateList} strict-sni alpn h2,http/1.1`,
      ];

export const tlsDefaults = ({ tls }: Pick<HaproxySettings, 'tls'>): readonly string[] =>
  tls === undefined
    ? []
    : [
        `ssl-default-bind-ciphers ${CIPHERS}`,
        `ssl-default-bind-ciphersuites ${CIPHER_SUITES}`,
        'ssl-default-bind-options ssl-min-ver TLSv1.2 prefer-client-ciphers no-tls-tickets',
      ];

/** What a service is told of the connection of its client; `port` and `proto` are samples of HAProxy. */
export const forwarded = ({ tls }: Pick<HaproxySettings, 'tls'>) =>
  tls === undefined
    ? { before: [], port: '%[dst_port]', proto: 'http' }
    : {
        before: [
          'http-request set-var(txn.port) dst_port',
          `http-request set-var(txn.port) int(${tls.publicPort}) if { ssl_fc }`,
        ],
        port: '%[var(txn.port)]',
        proto: '%[ssl_fc,iif(https,http)]',
      };

/** To stand behind what sets X-Forwarded-Proto: so a request that came to a trusted proxy by HTTPS is not sent on again. */
export function tlsRules({ tls, folder }: Pick<HaproxySettings, 'tls' | 'folder'>): readonly string[] {
  if (tls === undefined) return [];
  const hsts = `max-age=${tls.hstsSeconds}`;
  return [
    ...(tls.redirects ? redirectRules(tls.publicPort, filesIn(folder).redirects) : []),
    ...(tls.hstsSeconds > 0
      ? [`http-after-response set-header Strict-Transport-Security "${hsts}" if { ssl_fc }`]
      : []),
  ];
}

function redirectRules(port: number, map: string): readonly string[] {
  const to = `https://%[var(txn.host)]${port === 443 ? '' : `:${port}`}`;
  const when = `{ req.hdr(x-forwarded-proto) -i http } { var(txn.redirected) -m found } !{ path_beg ${CHALLENGE_PATH} }`;
  return [
    `http-request set-var(txn.redirected) var(txn.host),map(${map})`,
    `http-request set-var(txn.redirected) var(txn.host),regsub(^[^.]+,),map(${map}) unless { var(txn.redirected) -m found }`,
    `http-request redirect prefix ${to} code 301 if ${when} { method GET HEAD }`,
    // By 308 a client sends its method and body again; by 301 many send a GET.
    `http-request redirect prefix ${to} code 308 if ${when}`,
  ];
}

/** Challenges are answered by a server of the gateway; without one, their path belongs to the services. */
export const challengeRoute = (port: number | undefined): readonly string[] =>
  port === undefined ? [] : [`use_backend ${CHALLENGES} if { path_beg ${CHALLENGE_PATH} }`];

export const challengeBackend = (port: number | undefined): readonly (readonly string[])[] =>
  port === undefined ? [] : [[`backend ${CHALLENGES}`, `  server gateway 127.0.0.1:${port} no-check`]];
