import { finalStatuses } from '../../activator/domain/final-status.js';
import { BACK } from '../domain/answered.js';
import type { Profile } from '../domain/wanted.js';
import { filesIn, type HaproxySettings } from './haproxy-settings.js';

/** Of the server that stands for the activator in each backend. */
const ACTIVATOR = 'activator';

/** As long as a route may allow: one day. */
const LONGEST_ANSWER_MS = 86_400_000;

/**
 * The last resort of a backend: it gets the requests that no instance can get, also those whose instance turns out to be
 * away. It is not checked: where it is away as well, the client hears so after the last try.
 */
export function lastResort(
  { activator }: HaproxySettings,
  profile: Profile,
  backend: string,
): readonly string[] {
  if (activator === undefined) return [];
  const server = `server ${ACTIVATOR} abns@${activator.addressOf(backend)} backup no-check`;
  const statuses = finalStatuses.map(
    ([said, meant]) => `http-response set-status ${meant} if { status ${said} } { srv_name ${ACTIVATOR} }`,
  );
  if (profile !== 'sticky') return [...statuses, server];
  return [
    ...statuses,
    // A client stays with an instance, never with the activator.
    `ignore-persist if { req.cook(slipway-server) -m str ${ACTIVATOR} }`,
    `${server} cookie ${ACTIVATOR}`,
  ];
}

/**
 * Requests that have waited come back here, and go on to the backend that they waited for. Only this user can connect, so
 * what they say of their clients holds. They are logged for their instance alone: the client's own line comes as well.
 */
export function backFrontend(
  { folder, activator }: HaproxySettings,
  logFormat: readonly string[],
): readonly string[] {
  if (activator === undefined) return [];
  return [
    `frontend ${BACK}`,
    `bind unix@${filesIn(folder).back} mode 600`,
    'http-request set-var(txn.to) req.hdr(x-slipway-backend)',
    'http-request del-header X-Slipway-Backend',
    // The client's own request came by its route, and is ended in its time; then this one is, too.
    `http-request set-var(txn.timeout) int(${LONGEST_ANSWER_MS})`,
    'http-request disable-l7-retry unless METH_GET or METH_OPTIONS',
    'use_backend %[var(txn.to)] if { var(txn.to) -m found }',
    'http-response set-var(txn.answered) bool(true)',
    'http-after-response set-header X-Slipway-Again 1 unless { var(txn.answered) -m bool }',
    ...logFormat,
  ].map((line, index) => (index === 0 ? line : `  ${line}`));
}
