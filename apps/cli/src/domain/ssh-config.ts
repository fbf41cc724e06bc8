/** What the SSH client would use for a host, as `ssh -G` prints it. */
export interface SshConfig {
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  /** In the order in which they are tried; files that there are not among them. */
  readonly identityFiles: readonly string[];
  /** `[user@]host[:port]`; undefined where the host is reached straight. */
  readonly proxyJump: string | undefined;
}

/** Whose configuration it is. */
export interface LocalUser {
  readonly name: string;
  readonly home: string;
}

/** What ssh can do and Slipway cannot. */
export interface UnsupportedConfig {
  readonly message: string;
  readonly hint: string;
}

type Values = ReadonlyMap<string, readonly string[]>;
const NONE = 'none';

/** Each line is a word and its value; a word may come again. */
export function parseSshConfig(
  host: string,
  text: string,
  local: LocalUser,
): SshConfig | { readonly unsupported: UnsupportedConfig } {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const blank = line.indexOf(' ');
    if (blank > 0)
      values.set(line.slice(0, blank), [...(values.get(line.slice(0, blank)) ?? []), line.slice(blank + 1)]);
  }
  const one = (name: string): string | undefined => values.get(name)?.[0];
  const unsupported = unsupportedIn(host, values);
  if (unsupported !== undefined) return { unsupported };
  const [hostname, user] = [one('hostname') ?? host, one('user') ?? local.name];
  const tokens = { d: local.home, h: hostname, r: user, u: local.name, '%': '%' };
  return {
    ...{ hostname, user, port: Number(one('port') ?? 22) },
    identityFiles: (values.get('identityfile') ?? []).map((file) => withTokens(file, tokens)),
    proxyJump: one('proxyjump') === NONE ? undefined : one('proxyjump'),
  };
}

function unsupportedIn(host: string, values: Values): UnsupportedConfig | undefined {
  const command = values.get('proxycommand')?.[0] ?? NONE;
  if (command !== NONE)
    return {
      message: `The SSH configuration of ${host} has a ProxyCommand`,
      hint: 'Slipway runs no program to reach a node. Write ProxyJump in its place, or give --address and --jump.',
    };
  if (values.has('certificatefile'))
    return {
      message: `The SSH configuration of ${host} has a CertificateFile`,
      hint: 'The SSH client of Slipway (ssh2) cannot log in with an OpenSSH certificate. Add the public key to the authorized_keys of the user, and give --address and --key-file.',
    };
  if (values.get('proxyjump')?.[0]?.includes(',') === true)
    return {
      message: `The SSH configuration of ${host} has several jump hosts`,
      hint: 'Slipway goes through one jump host. Choose one that reaches the machine.',
    };
  return undefined;
}

/** `~/` and the tokens that `man ssh_config` has for IdentityFile; any other token stays as it is. */
function withTokens(file: string, tokens: Readonly<Record<string, string>>): string {
  return file
    .replace(/^"(.*)"$/, '$1')
    .replace(/^~(?=\/)/, '%d')
    .replace(/%(.)/g, (token, letter: string) => tokens[letter] ?? token);
}
