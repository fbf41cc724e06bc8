/** As the commands are run for a user: what needs root goes through sudo, which must not ask. */
const asRoot = (user: string, ...argv: readonly string[]): readonly string[] =>
  user === 'root' ? argv : ['sudo', '-n', ...argv];

const APT = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];

/** What puts Docker on a bare Debian or Ubuntu, in this order: shown before it is run, and run so. */
export const dockerInstallSteps = (user: string): readonly (readonly string[])[] => [
  asRoot(user, ...APT, 'update'),
  asRoot(user, ...APT, 'install', '--yes', '--no-install-recommends', 'docker.io'),
  asRoot(user, 'systemctl', 'enable', '--now', 'docker'),
  ...(user === 'root' ? [] : [asRoot(user, 'usermod', '-aG', 'docker', user)]),
];
