import type { CertificateAnswer } from '#libs/contracts';
import { marks, type Paint } from './progress-lines.js';
import { tableLines } from './table.js';

export const isWell = ({ served, error }: CertificateAnswer): boolean => served && error === undefined;

const MOST_NAMES = 2;

/** A table, then what went wrong. */
export function certificateLines(all: readonly CertificateAnswer[], paint: Paint): string[] {
  if (all.length === 0)
    return ['The gateway serves no certificate. To serve HTTPS, set GATEWAY_LISTEN_TLS of the gateway.'];
  const table = tableLines(['', 'NAME', 'SOURCE', 'ISSUER', 'EXPIRES', 'RENEWS'], all.map(cells));
  const painted = table.map((line, index) => {
    const shown = all[index - 1];
    return shown === undefined || isWell(shown) ? line : paint.bad(line);
  });
  return [...painted, ...problemLines(all)];
}

const cells = (one: CertificateAnswer): string[] => [
  isWell(one) ? marks.done : marks.failed,
  namesText(one.names),
  one.source,
  one.issuer ?? '-',
  dayOf(one.expiresAt),
  dayOf(one.renewsAt),
];

function namesText(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const dayOf = (time: string | undefined): string => time?.slice(0, 10) ?? '-';

function problemLines(all: readonly CertificateAnswer[]): string[] {
  const lines = all.flatMap(({ names, error, nextTryAt, served }) => {
    const next = nextTryAt === undefined ? '' : ` Next try: ${nextTryAt}.`;
    if (error !== undefined) return [`${names[0]}: ${error.message} (${error.code}).${next}`];
    return served ? [] : [`${names[0]}: the authority is being asked.`];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}
