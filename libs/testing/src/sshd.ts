import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { closedPort } from './closed-port.js';
import { until } from './until.js';

const run = promisify(execFile);

/** Who exists on the machine of the sshd besides those of this machine; users below it are not in the group. */
export const TEST_USER = { name: 'ubuntu', uid: 4711 } as const;
export const TEST_GROUP = { name: 'docker', gid: 4712 } as const;

export type HostKeyType = 'rsa' | 'ecdsa' | 'ed25519';

interface SshdOptions {
  readonly hostKeys?: readonly HostKeyType[];
  /** Lines of its configuration. */
  readonly config?: readonly string[];
  /** Of the key that may log in. */
  readonly passphrase?: string;
}

export interface Sshd {
  readonly host: string;
  readonly port: number;
  /** Path of the key that root and the test user log in with. */
  readonly keyFile: string;
  readonly privateKey: string;
  readonly fingerprints: Readonly<Partial<Record<HostKeyType, string>>>;
  /** What everybody on its machine can see. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Accounts of its own, in a mount namespace: this machine's stay as they are. Positional arguments, no built script. */
const BOOT = `set -eu
mount --make-rprivate /
for file in passwd shadow group; do mount --bind "$1/$file" "/etc/$file"; done
mkdir -p /run/sshd
exec /usr/sbin/sshd -D -e -f "$1/sshd_config"
`;

async function makeKey(path: string, type: HostKeyType, passphrase = ''): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'slipway-test', '-f', path]);
  const { stdout } = await run('ssh-keygen', ['-l', '-E', 'sha256', '-f', `${path}.pub`]);
  return stdout.split(' ')[1] ?? '';
}

function writeAccounts(folder: string): void {
  const { name, uid } = TEST_USER;
  const lines = {
    passwd: `${name}:x:${uid}:${uid}::${folder}:/bin/sh`,
    shadow: `${name}:*:19000:0:99999:7:::`,
    group: `${TEST_GROUP.name}:x:${TEST_GROUP.gid}:`,
  };
  for (const [file, line] of Object.entries(lines)) {
    const own = line.slice(0, line.indexOf(':') + 1);
    const others = readFileSync(`/etc/${file}`, 'utf8')
      .split('\n')
      .filter((other) => other !== '' && !other.startsWith(own));
    writeFileSync(join(folder, file), `${[...others, line].join('\n')}\n`, { mode: 0o644 });
  }
}

/** An sshd of its own on this machine, with a user who is in no group. Needs root. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'sshd-'));
  chmodSync(folder, 0o755);
  const hostKeys = options.hostKeys ?? ['ed25519'];
  const fingerprints: Partial<Record<HostKeyType, string>> = {};
  for (const type of hostKeys) fingerprints[type] = await makeKey(join(folder, `host-${type}`), type);
  const keyFile = join(folder, 'login-key');
  await makeKey(keyFile, 'ed25519', options.passphrase);
  writeAccounts(folder);
  const port = await closedPort();
  const config = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', 'UsePAM no', 'StrictModes no', 'PidFile none'],
    ...['PasswordAuthentication no', 'PermitRootLogin prohibit-password'],
    ...hostKeys.map((type) => `HostKey "${join(folder, `host-${type}`)}"`),
    `AuthorizedKeysFile "${keyFile}.pub"`,
    ...(options.config ?? []),
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  const child = spawn('unshare', ['-m', 'bash', '-c', BOOT, 'boot', folder], { stdio: 'pipe' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
  const ended = once(child, 'close');
  await until('the sshd to listen', () => {
    if (child.exitCode !== null) throw new Error(`sshd ended:\n${said}`);
    return listens(port);
  });
  return {
    ...{ host: '127.0.0.1', port, keyFile, privateKey: readFileSync(keyFile, 'utf8'), fingerprints, folder },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
