import type { TrafficInstance, TrafficService } from '#libs/contracts';
import type { Paint } from './progress-lines.js';
import { tableLines } from './table.js';
import { UNKNOWN } from './units.js';

const HEAD = ['INSTANCE', 'STATE', 'WEIGHT', 'IN FLIGHT', 'REQUESTS/S', 'ERRORS/S', 'LATENCY', 'WHY'];

/** Why an instance gets no share, or a small one, by the API's words. */
const WHY: Readonly<Record<string, string>> = {
  stalled: 'it held requests and answered none',
  failing: 'it failed more often than the others',
  unreachable: 'it cannot be connected to',
};

/** The services, each with a table of its instances. */
export function trafficLines(services: readonly TrafficService[], paint: Paint): string[] {
  if (services.length === 0) return ['The gateway carries no requests for any service.'];
  return services.flatMap((service, index) => [
    ...(index === 0 ? [] : ['']),
    paint.bold(headOf(service)),
    ...canaryLine(service),
    ...(service.instances.length === 0 ? ['No instance runs.'] : tableOf(service, paint)),
  ]);
}

const headOf = ({
  appId,
  service,
  profile,
  requestsPerSecond,
  errorsPerSecond,
  inFlight,
}: TrafficService): string =>
  `${appId}/${service} (${profile}): ${requestsPerSecond} requests/s, ${errorsPerSecond} errors/s, ${inFlight} in flight`;

/** What the two releases get and do. */
function canaryLine({ canary, instances }: TrafficService): string[] {
  if (canary === undefined) return [];
  const { release, percent } = canary;
  const own = instances.filter((one) => one.release === release);
  const sum = (member: 'requestsPerSecond' | 'errorsPerSecond'): number =>
    Math.round(own.reduce((all, one) => all + one[member], 0) * 10) / 10;
  const does = `${sum('requestsPerSecond')} requests/s, ${sum('errorsPerSecond')} errors/s`;
  return [
    `canary: ${percent} % of the requests go to release ${release}: ${own.length === 0 ? 'no instance runs' : does}`,
  ];
}

/** Releases are shown where there are two. */
function tableOf({ instances, canary }: TrafficService, paint: Paint): string[] {
  const hasTwo = canary !== undefined || new Set(instances.map(({ release }) => release)).size > 1;
  const [head = '', ...lines] = hasTwo
    ? tableLines(
        [...HEAD.slice(0, 1), 'RELEASE', ...HEAD.slice(1)],
        instances.map((one) => cells(one).toSpliced(1, 0, one.release ?? UNKNOWN)),
      )
    : tableLines(HEAD, instances.map(cells));
  const isBad = (index: number): boolean =>
    ['ejected', 'trial', 'down'].includes(instances[index]?.state ?? '');
  return [head, ...lines.map((line, index) => (isBad(index) ? paint.bad(line) : line))];
}

const cells = (one: TrafficInstance): string[] => [
  ...[one.name, one.state, String(one.weight), String(one.inFlight + one.queued)],
  ...[String(one.requestsPerSecond), String(one.errorsPerSecond)],
  one.latencyMs === undefined ? UNKNOWN : `${one.latencyMs} ms`,
  whyOf(one),
];

function whyOf({ why, until, override }: TrafficInstance): string {
  const set =
    override === undefined
      ? []
      : [
          `weight ${override.weight} was set${override.until === undefined ? '' : ` until ${override.until}`}`,
        ];
  return [...(why === undefined ? [] : [faultOf(why, until)]), ...set].join('; ');
}

function faultOf(why: string, until: string | undefined): string {
  return `${WHY[why] ?? why}${until === undefined ? '' : `; it is tried again at ${until}`}`;
}
