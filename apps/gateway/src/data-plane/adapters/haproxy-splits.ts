import { LOTS } from '../domain/splits.js';
import type { Profile } from '../domain/wanted.js';
import { filesIn, type HaproxySettings } from './haproxy-settings.js';

/** A client of a service with `sticky` keeps its lot: so it stays with one release, whatever the share becomes. */
const COOKIE = 'slipway-lot';

const KEEPS = '{ var(txn.split),field(3,:) -m str sticky }';

/**
 * Sends a part of a service's requests to its canary. To stand behind the limits, which are of the service as a whole, and
 * before the cache: answers of the two releases are kept apart, so options are looked up anew. A request draws a lot: so
 * the shares are exact in large numbers, however its service balances. Where no activator is the last resort, HAProxy
 * itself sees that a canary is down.
 */
export function splitRules(
  { folder }: Pick<HaproxySettings, 'folder'>,
  { hasOptions }: { readonly hasOptions: boolean },
): readonly string[] {
  const { marks, options } = filesIn(folder);
  return [
    `http-request set-var(txn.split) var(txn.to),map_str(${marks.splits})`,
    `http-request set-var(txn.lot) rand(${LOTS}) if { var(txn.split) -m found }`,
    `acl has-lot req.cook(${COOKIE}) -m reg '^[0-9]{1,4}$'`,
    `http-request set-var(txn.lot) req.cook(${COOKIE}) if ${KEEPS} has-lot`,
    `http-request set-var(txn.drawn) bool(true) if ${KEEPS} !has-lot`,
    'http-request set-var(txn.below) var(txn.split),field(2,:)',
    'http-request set-var(txn.to) var(txn.split),field(1,:) if { var(txn.lot),sub(txn.below) lt 0 } { var(txn.split),field(1,:),nbsrv gt 0 }',
    ...(hasOptions
      ? [`http-request set-var(txn.options) var(txn.to),map_str(${options}) if { var(txn.split) -m found }`]
      : []),
  ];
}

/** In each backend of a profile: a client that has drawn its lot is told it, and no cache on the way gives it to others. */
export const lotRules = (profile: Profile): readonly string[] =>
  profile === 'sticky'
    ? [
        `http-after-response add-header Set-Cookie "${COOKIE}=%[var(txn.lot)]; Path=/; HttpOnly" if { var(txn.drawn) -m bool }`,
        'http-after-response add-header Cache-Control private if { var(txn.drawn) -m bool }',
      ]
    : [];
