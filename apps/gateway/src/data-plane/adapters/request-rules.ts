/** Of the section `defaults`. */
export const connectionDefaults: readonly string[] = [
  // At a reload, a connection that is kept ends with its next answer: a request that met the end of an idle one was lost.
  'option idle-close-on-response',
  // So long the worker before a reload may be asked by what it knew.
  'timeout http-keep-alive 15s',
  // A client that goes away while its instance says nothing would else be in flight until it is idle for too long.
  'option abortonclose',
  // Half of what is idle, each time. Instances end connections that are idle for 2 s or more, and a request that meets
  // such an end is lost.
  'default-server pool-purge-delay 250ms',
];

/** A host name or an address, with a port or without; nothing that a parser of URLs reads as a user or a path. */
const HOST = String.raw`^([a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`;

/** Nobody may say these: a way around by an old fault of CGI, and the settings of an upgrade that is taken out. */
const NEVER = 'proxy|http2-settings';
/** Only the gateway, and proxies that it trusts, may say these. */
const BELIEVED = `^(x[-_]forwarded[-_].*|x[-_]real[-_]ip|x[-_]request[-_]id|forwarded|${NEVER})$`;
/** In CGI, WSGI and PHP these are the same names; no proxy writes them so. */
const DISGUISED = `^(x_forwarded.*|x-forwarded_.*|x[-_]real_ip|x_real[-_]ip|x[-_]request_id|x_request[-_]id|${NEVER})$`;

/** No parser of instances agrees with another one on these in a header; HAProxy 2.6 lets them pass. */
const CONTROL = String.raw`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]`;
const MOST_DIGITS = 15;

/** What only the gateway says to itself. */
const OWN_HEADERS = 'x-slipway-';

const refused = (status: number, says: string): string =>
  `http-request return status ${status} content-type text/plain string "${says}\\n"`;

/** Names of headers of which a rule below asks. Most requests have none of them, so that one look stands for all. */
const ASKED_ABOUT = String.raw`(^|:)(x[-_](forwarded|real[-_]ip|request[-_]id|slipway)[^:]*|forwarded|${NEVER}|transfer-encoding|content-length|upgrade)(:|$)`;
const IF_SPECIAL = 'if { var(txn.special) -m found }';

/**
 * Comes before anything is written into a request: refuses what no two parsers read alike, and takes out what a client may
 * not say. HAProxy's own parser has looked at it before.
 */
export const requestRules = ({ hasTrusted }: { readonly hasTrusted: boolean }): readonly string[] => [
  // Applications build links from it. The value as a whole: HAProxy otherwise takes what is behind the last comma.
  `${refused(400, 'The Host header must be one host name.')} unless { req.fhdr_cnt(host) eq 1 } { req.fhdr(host) -m reg -i '${HOST}' }`,
  `${refused(400, 'A header has a control character.')} if { req.hdrs -m reg '${CONTROL}' }`,
  // No instance is a proxy for others. A WebSocket over HTTP/2 is a GET here.
  `${refused(405, 'This method is not carried.')} if { method CONNECT TRACE }`,
  `http-request set-var(txn.special) bool(true) if { req.hdr_names(:) -m reg -i ${ASKED_ABOUT} }`,
  // An instance that is a proxy itself leaves out what is named there.
  'http-request del-header Connection unless { var(txn.special) -m found } { req.fhdr(upgrade) -m found }',
  // HAProxy 2.6 reads 2^64 + 1 as 1, and what follows as a request. So nothing more of this connection is read.
  `http-request reject ${IF_SPECIAL} { req.fhdr(content-length),length gt ${MOST_DIGITS} }`,
  // HAProxy has read it as this, however it is written; an instance that reads it as no coding would find requests in it.
  `http-request set-header Transfer-Encoding chunked ${IF_SPECIAL} { req.fhdr(transfer-encoding) -m found }`,
  `http-request del-header '${BELIEVED}' -m reg ${IF_SPECIAL}${hasTrusted ? ' !is-trusted' : ''}`,
  ...(hasTrusted ? [`http-request del-header '${DISGUISED}' -m reg ${IF_SPECIAL} is-trusted`] : []),
  // Behind an upgrade to HTTP/2 an instance would get requests that nobody has looked at.
  `http-request del-header Upgrade ${IF_SPECIAL} { req.fhdr(upgrade) -m sub -i h2c }`,
  `http-request del-header Connection ${IF_SPECIAL} !{ req.fhdr(upgrade) -m found }`,
  `http-request set-header Connection Upgrade ${IF_SPECIAL} { req.fhdr(upgrade) -m found }`,
  `http-request del-header ${OWN_HEADERS} -m beg ${IF_SPECIAL}`,
];
