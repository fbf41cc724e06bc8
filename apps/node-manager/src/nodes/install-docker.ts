import { dockerInstallSteps } from '#libs/contracts';

/** Runs one program on the machine, with its arguments. */
export type RunThere = (
  argv: readonly string[],
) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;

/** Docker was not put on the machine. `unsupported`: it is no Debian and no Ubuntu, so nothing was run. */
export class DockerInstallError extends Error {
  constructor(
    message: string,
    readonly why: 'unsupported' | 'failed',
  ) {
    super(message);
    this.name = 'DockerInstallError';
  }
}

const LAST_LINES = 5;

/** Puts Docker on a bare Debian or Ubuntu, by its own packages. Throws DockerInstallError, at the first step that fails. */
export async function installDocker(run: RunThere, user: string): Promise<void> {
  const system = systemIn((await run(['cat', '/etc/os-release'])).stdout);
  if (!system.isDebian)
    throw new DockerInstallError(
      `The machine runs ${system.name}, which is no Debian and no Ubuntu.`,
      'unsupported',
    );
  for (const argv of dockerInstallSteps(user)) {
    const { code, stdout, stderr } = await run(argv);
    if (code === 0) continue;
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
    const said = lines.slice(-LAST_LINES).join(' ');
    throw new DockerInstallError(`${argv.join(' ')} ended with ${code}: ${said}`, 'failed');
  }
}

/** Of os-release(5): derivatives name what they come from in ID_LIKE. Pure. */
function systemIn(text: string): { readonly name: string; readonly isDebian: boolean } {
  const valueOf = (key: string): string =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.replace(/^["']|["']$/g, '') ?? '';
  const families = `${valueOf('ID')} ${valueOf('ID_LIKE')}`.split(' ');
  return {
    name: valueOf('PRETTY_NAME') || 'an unknown system',
    isDebian: families.includes('debian') || families.includes('ubuntu'),
  };
}
