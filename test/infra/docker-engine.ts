import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type EnginePlace, type EngineProgram, dataOf } from '../../scripts/one-machine/engine-program.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import { debianRoot } from './debian-root.js';
import { madeOnce } from '../../scripts/one-machine/made-once.js';

const run = promisify(execFile);

/** Docker of today, whose API is 1.56, the containerd that it is made with, and a runc that knows its namespaces. */
export const MOBY = '2.0.0-beta.24';
const CONTAINERD = '2.3.5';
const RUNC = '1.5.3';
const TOOLS = [
  `github.com/opencontainers/runc@v${RUNC}`,
  ...['dockerd', 'docker-proxy'].map((name) => `github.com/moby/moby/v2/cmd/${name}@v${MOBY}`),
  ...['containerd', 'containerd-shim-runc-v2'].map(
    (name) => `github.com/containerd/containerd/v2/cmd/${name}@v${CONTAINERD}`,
  ),
];

/** Before Docker 29, images lie in containerd only where that is asked for. */
const IN_CONTAINERD = '{"features": {"containerd-snapshotter": true}}';
const SERVE = `set -eu
printf '%s' "$1" >/etc/docker/daemon.json
shift
exec dockerd "$@"
`;

function served(config: string, { folder, socketPath, containerAddress }: EnginePlace): readonly string[] {
  return [
    ...['sh', '-c', SERVE, 'dockerd', config, '--data-root', dataOf(folder), '--exec-root', '/run/docker'],
    ...['--pidfile', '/run/docker.pid', '--bip', containerAddress],
    ...['-H', 'unix:///run/docker.sock', '-H', `unix://${socketPath}`],
  ];
}

/** Docker 26 of Debian trixie, with the image store of containerd. */
export async function dockerOfTrixie(): Promise<EngineProgram> {
  const root = { path: await debianRoot('trixie') };
  return { root, command: (place) => served(IN_CONTAINERD, place) };
}

/** Docker of today, made by Go of its modules, as it comes: with the image store of containerd. */
export async function dockerOfToday(): Promise<EngineProgram> {
  await ensurePackages({ report: () => undefined }, { 'libseccomp-dev': '/usr/include/seccomp.h' });
  const programs = await madeOnce(`docker-${MOBY}-runc-${RUNC}`, async (cwd) => {
    await run('go', ['mod', 'init', 'slipway-test/docker'], { cwd });
    await run('go', ['get', '-tool', ...TOOLS], { cwd, maxBuffer: 1 << 26 });
    const version = `-X github.com/moby/moby/v2/dockerversion.Version=${MOBY}`;
    const args = ['build', '-trimpath', '-tags', 'seccomp', '-ldflags', version, '-o', `${cwd}/`, 'tool'];
    await run('go', args, { cwd, maxBuffer: 1 << 26 });
  });
  return {
    root: { path: await debianRoot('trixie'), programs },
    command: (place) => ['env', `PATH=${programs}:/usr/sbin:/usr/bin:/sbin:/bin`, ...served('{}', place)],
  };
}
