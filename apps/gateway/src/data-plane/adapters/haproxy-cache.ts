import type { HaproxySettings } from './haproxy-settings.js';

const NAME = 'answers';
const MEBIBYTE = 1_048_576;

/** HAProxy has one cache of a fixed size for all services. */
export const cacheSection = ({ cache }: HaproxySettings): readonly string[] => [
  `cache ${NAME}`,
  `  total-max-size ${Math.max(1, Math.floor(cache.bytes / MEBIBYTE))}`,
  `  max-object-size ${Math.min(cache.objectBytes, Math.floor(cache.bytes / 2))}`,
  `  max-age ${Math.max(1, Math.floor(cache.maxAgeMs / 1_000))}`,
  '  process-vary on',
];

/** A cache may not answer others by these, or would have to answer a part. */
const NOT_SHARED = ['authorization', 'range', 'upgrade', 'content-length', 'transfer-encoding'];
/** Instances may answer by these, and they are no part of the key: a stranger could leave an answer there for everybody. */
const UNKEYED = [
  ...['forwarded', 'front-end-https', 'x-forwarded-(path|prefix|scheme|server|ssl|protocol)', 'x-url-scheme'],
  ...['x-(host|http-host-override|original-(host|url|uri)|rewrite-url)', 'x-(http-)?method(-override)?'],
];

const IS_ASKED = '{ var(txn.asked) -m bool }';
/** A directive of Cache-Control, also one among several. */
const says = (directives: string): string =>
  `res.hdr(cache-control) -m reg -i (^|[,[:space:]])(${directives})`;

/**
 * To stand behind what sets `txn.options`, and before what changes a request for its instance. HAProxy makes the key of
 * host and path. The version is a part of the path meanwhile: so another version finds nothing of the one before. With it
 * stand what a trusted proxy may say, and whether there are cookies and encodings.
 */
export const cacheRules: readonly string[] = [
  'http-request set-var(txn.version) var(txn.options),field(1,:) if { var(txn.options) -m found }',
  'acl is-unshared req.hdr_names(:) -m reg -i ' + `(^|:)(${[...NOT_SHARED, ...UNKEYED].join('|')})(:|$)`,
  'http-request set-var(txn.asked) bool(true) if { var(txn.version) -m len gt 0 } { method GET HEAD } !is-unshared',
  `http-request set-var(txn.jar) str(cookies) if ${IS_ASKED} { req.hdr(cookie) -m found }`,
  // To HAProxy, such a client takes any encoding. Programs that cannot read one ask like this, too.
  `http-request set-var(txn.plain) str(plain) if ${IS_ASKED} !{ req.hdr(accept-encoding) -m found }`,
  `http-request set-var(txn.pathq) pathq if ${IS_ASKED}`,
  `http-request set-pathq /%[var(txn.version)]/%[var(txn.jar)]/%[var(txn.plain)]/${['proto', 'port', 'host'].map((name) => `%[req.hdr(x-forwarded-${name})]`).join('/')}%[var(txn.pathq)] if ${IS_ASKED}`,
  `http-request cache-use ${NAME} if ${IS_ASKED}`,
  `http-request set-pathq %[var(txn.pathq)] if ${IS_ASKED}`,
  // HAProxy itself keeps also what has an ETag and says no age.
  `acl says-age ${says('(s-maxage|max-age)=[1-9]')}`,
  `acl says-private ${says('private|no-store|no-cache')}`,
  `acl says-shared ${says('public|s-maxage=[1-9]')}`,
  `http-response set-var(txn.kept) bool(true) if ${IS_ASKED} { status 200 } says-age !says-private !{ res.hdr(set-cookie) -m found }`,
  // Applications often forget to call an answer private that they make for one user.
  'http-response unset-var(txn.kept) if { var(txn.jar) -m found } !says-shared',
  `http-response cache-store ${NAME} if { var(txn.kept) -m bool }`,
];
