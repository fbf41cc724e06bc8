/** An IPv4 range as its first and last address, both numbers. */
interface Range {
  readonly first: number;
  readonly last: number;
}

function rangeOf(cidr: string): Range {
  const [address = '', bits = '32'] = cidr.split('/');
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}

const FIRST_NET = 80;
const LAST_NET = 120;

/**
 * A /24 of 10.80.0.0 to 10.120.255.0 that none of `taken` (addresses and routes, as CIDR) touches, as `10.80.0`.
 * `preferred` wins when it is free: an engine knows its images' registry by address.
 * @throws when all are taken
 */
export function freeSubnet(taken: readonly string[], preferred?: string): string {
  const ranges = taken.filter((cidr) => /^\d+(\.\d+){3}(\/\d+)?$/.test(cidr)).map(rangeOf);
  const isFree = (prefix: string): boolean => {
    const { first, last } = rangeOf(`${prefix}.0/24`);
    return ranges.every((range) => range.last < first || range.first > last);
  };
  if (preferred !== undefined && isFree(preferred)) return preferred;
  for (let second = FIRST_NET; second <= LAST_NET; second += 1)
    for (let third = 0; third < 256; third += 1)
      if (isFree(`10.${second}.${third}`)) return `10.${second}.${third}`;
  throw new Error(
    'No /24 of 10.80.0.0 to 10.120.255.0 is free: every one has an address or a route already.',
  );
}
