/** A machine as the command line and `ProxyJump` name it. */
export interface SshPlace {
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
}

const PLACE = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^:\s@/]+))(?::(\d{1,5}))?\/?$/;
const HIGHEST_PORT = 65_535;

/** `[user@]host[:port]`, an IPv6 address in brackets; undefined where it is none. */
export function parsePlace(text: string): SshPlace | undefined {
  const [, user, address, name, digits] = PLACE.exec(text) ?? [];
  const host = address ?? name;
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || host.startsWith('-') || port === 0 || (port ?? 1) > HIGHEST_PORT)
    return undefined;
  return { host, user, port };
}
