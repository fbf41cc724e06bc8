import { describe, expect, it } from 'vitest';
import { installDocker } from './install-docker.js';

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
const UBUNTU = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nID=ubuntu\nID_LIKE=debian\n';
const MINT = `PRETTY_NAME='Linux Mint 22'\nID=linuxmint\nID_LIKE="ubuntu debian"\n`;
const ALMA = 'PRETTY_NAME="AlmaLinux 9.4"\nID="almalinux"\nID_LIKE="rhel centos fedora"\n';

/** A machine that prints its os-release and fails at the command that holds `fails`. */
function machine(release: string, fails?: string) {
  const ran: string[] = [];
  const run = (argv: readonly string[]) => {
    const line = argv.join(' ');
    if (line === 'cat /etc/os-release') return Promise.resolve({ code: 0, stdout: release, stderr: '' });
    ran.push(line);
    const failed = fails !== undefined && line.includes(fails);
    return Promise.resolve({
      code: failed ? 100 : 0,
      stdout: 'Reading\n',
      stderr: failed ? 'E: no route' : '',
    });
  };
  return { ran, run };
}

describe('Docker on a bare machine', () => {
  it.each([DEBIAN, UBUNTU, MINT])('comes from the packages of %j, and is started', async (release) => {
    const { ran, run } = machine(release);
    await installDocker(run, 'root');
    expect(ran).toEqual([
      'env DEBIAN_FRONTEND=noninteractive apt-get update',
      'env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io',
      'systemctl enable --now docker',
    ]);
  });

  it('is put there through sudo by another user than root, who may use it then', async () => {
    const { ran, run } = machine(UBUNTU);
    await installDocker(run, 'ubuntu');
    expect(ran.every((line) => line.startsWith('sudo -n '))).toBe(true);
    expect(ran.at(-1)).toBe('sudo -n usermod -aG docker ubuntu');
  });

  it('is not put on another system: nothing is run there', async () => {
    const { ran, run } = machine(ALMA);
    await expect(installDocker(run, 'root')).rejects.toMatchObject({
      ...{ why: 'unsupported', message: expect.stringContaining('AlmaLinux 9.4') as string },
    });
    await expect(installDocker(machine('').run, 'root')).rejects.toThrow('an unknown system');
    expect(ran).toEqual([]);
  });

  it('ends at the step that fails, with what that said', async () => {
    const { ran, run } = machine(DEBIAN, 'install --yes');
    await expect(installDocker(run, 'root')).rejects.toThrow(
      /docker\.io ended with 100: Reading E: no route$/,
    );
    expect(ran).toHaveLength(2);
  });
});
