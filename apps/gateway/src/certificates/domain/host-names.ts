/** `*.example.com` covers every name one label below it, any other name itself alone (RFC 6125, 6.4.3). */
export const coveredBy = (names: readonly string[], host: string): boolean =>
  names.includes(host) || names.includes(host.replace(/^[^.]*/, '*'));

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Names that no authority signs for: RFC 2606, 6761, 6762 and 8375, and ICANN's `internal`. */
const PRIVATE = ['localhost', 'local', 'test', 'example', 'invalid', 'internal', 'onion', 'home.arpa'];

/** Whether a host can have a certificate at all: no address, and each label as DNS has it. */
export function isHostName(host: string): boolean {
  const labels = host.split('.');
  return (
    host.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
  );
}

const isBelow = (host: string, name: string): boolean => host === name || host.endsWith(`.${name}`);

/**
 * The hosts that an authority may be asked for: those that the patterns choose, else every public name. An authority of
 * one's own may sign for names that are not public, but nobody signs for this machine.
 */
export const certifiable = (hosts: readonly string[], patterns: readonly string[]): readonly string[] =>
  hosts.filter((host) => {
    if (!isHostName(host) || isBelow(host, 'localhost')) return false;
    if (patterns.length > 0) return isChosen(host, patterns);
    return host.includes('.') && !PRIVATE.some((name) => isBelow(host, name));
  });

/** The same of patterns, `*.example.com`, for which an authority wants another proof: the names below them. */
export const certifiablePatterns = (
  hosts: readonly string[],
  patterns: readonly string[],
): readonly string[] =>
  hosts.filter(
    (host) => host.startsWith(PATTERN) && certifiable([host.replace(PATTERN, 'any.')], patterns).length > 0,
  );

const PATTERN = '*.';

/**
 * `example.com` is itself, `*.example.com` every name one label below, `**.example.com` every name below, `!` before a
 * pattern takes out what it matches. A pattern that comes later wins.
 */
export function isChosen(host: string, patterns: readonly string[]): boolean {
  const last = patterns.findLast((pattern) => matches(host, pattern.replace(/^!/, '')));
  return last !== undefined && !last.startsWith('!');
}

function matches(host: string, pattern: string): boolean {
  if (pattern.startsWith('**.')) return host.endsWith(pattern.slice(2));
  return coveredBy([pattern], host);
}

/** What a pattern must look like. */
export const HOST_PATTERN = /^!?(\*\*?\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
