import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { BASE_IMAGES, importChanges } from './base-images.js';
import { writeSecret } from './engine-host.js';
import type { RegistryAccess } from './registry.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);

/** Calls of Debian's docker client to one engine, with the registry's login. */
export class DockerClient {
  private readonly config: string;

  constructor({ slot }: SetUp, registry: RegistryAccess | undefined) {
    this.config = join(slot.directory, 'docker-config');
    mkdirSync(this.config, { recursive: true });
    const auth = Buffer.from(`${registry?.username}:${registry?.password}`).toString('base64');
    const auths = registry === undefined ? {} : { [registry.host]: { auth } };
    writeSecret(join(this.config, 'config.json'), JSON.stringify({ auths }));
  }

  async call(socketPath: string, ...args: string[]): Promise<string> {
    const options = ['--config', this.config, '-H', `unix://${socketPath}`];
    return (await run('/usr/bin/docker', [...options, ...args], { maxBuffer: 1 << 26 })).stdout;
  }

  hasImage(socketPath: string, image: string): Promise<boolean> {
    return this.call(socketPath, 'image', 'inspect', image).then(
      () => true,
      () => false,
    );
  }
}

/** The name under which nodes find the base layer; its tag says which root file system it is. */
function sharedName(registry: RegistryAccess, tar: string): string {
  return `${registry.host}/slipway/base:${basename(tar, '.tar')}`;
}

/** Imports the root file system under the names of the base images, once per engine's data. */
export async function loadBuilder(client: DockerClient, socketPath: string, tar: string): Promise<void> {
  const local = `slipway/base:${basename(tar, '.tar')}`;
  if (!(await client.hasImage(socketPath, local)))
    await client.call(socketPath, 'import', ...importChanges(), tar, local);
  for (const name of Object.values(BASE_IMAGES)) await client.call(socketPath, 'tag', local, name);
}

/** Brings the base layer to the registry, so that the first push of a service sends only what is its own. */
export async function pushBase(
  client: DockerClient,
  socketPath: string,
  { registry, tar }: { readonly registry: RegistryAccess; readonly tar: string },
): Promise<void> {
  const shared = sharedName(registry, tar);
  await client.call(socketPath, 'tag', BASE_IMAGES.python, shared);
  await repeated(() => client.call(socketPath, 'push', shared));
}

/** On a busy machine, the engine has given up its first connection to the registry. */
async function repeated(call: () => Promise<unknown>, triesLeft = 2): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (triesLeft === 0) throw error;
    await repeated(call, triesLeft - 1);
  }
}

/** By a pull, not by an import: an engine knows a registry's layer by the digest under which it was pulled. */
export async function pullBase(
  client: DockerClient,
  socketPath: string,
  { registry, tar }: { readonly registry: RegistryAccess; readonly tar: string },
): Promise<void> {
  const shared = sharedName(registry, tar);
  if (!(await client.hasImage(socketPath, shared))) await client.call(socketPath, 'pull', shared);
  for (const name of Object.values(BASE_IMAGES)) await client.call(socketPath, 'tag', shared, name);
}
