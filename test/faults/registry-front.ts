import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server as HttpsServer } from 'node:https';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { requireEnv } from '#libs/testing';
import { answers, Child } from '../../scripts/one-machine/child.js';
import { forward } from '../../scripts/one-machine/forward.js';
import { freePort } from '../../scripts/one-machine/free-port.js';
import type { Ledger } from '../../scripts/one-machine/ledger.js';
import type { Server } from '../../scripts/one-machine/part.js';

/** The registry under its own name and certificate, as one that may answer 500, or late. */
export class RegistryFront {
  /** Instead of the registry's answer. */
  status: number | undefined;
  /** Before each answer. */
  lateMs = 0;

  private constructor(
    private readonly front: HttpsServer,
    private readonly behind: Child,
  ) {}

  /** Takes the registry's place, with the same registry behind it. */
  static async install(registry: Server, ledger: Ledger): Promise<RegistryFront> {
    const folder = dirname(requireEnv('REGISTRY_CA_FILE'));
    const { host, hostname, port } = new URL(requireEnv('REGISTRY_URL'));
    await registry.stop();
    const behindPort = await freePort();
    const behind = await startBehind(folder, behindPort, ledger);
    const [cert, key] = await Promise.all(['tls.crt', 'tls.key'].map((name) => readFile(join(folder, name))));
    const front = createServer({ cert, key });
    const installed = new RegistryFront(front, behind);
    front.on('request', (request, response) => {
      const to = new URL(request.url ?? '/', `http://127.0.0.1:${behindPort}`);
      installed.answer(request, response, { to, host }).catch(() => response.destroy());
    });
    front.listen(Number(port), hostname);
    await once(front, 'listening');
    return installed;
  }

  async remove(): Promise<void> {
    this.front.closeAllConnections();
    this.front.close();
    await this.behind.stop();
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    onward: { readonly to: URL; readonly host: string },
  ): Promise<void> {
    if (this.lateMs > 0) await delay(this.lateMs);
    if (this.status === undefined) return forward(request, response, onward);
    request.resume();
    response.writeHead(this.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'the test wants it so' }] }));
  }
}

interface RegistryConfig {
  readonly http: object;
}

/** The registry on what it has stored, without TLS: the front has that. */
async function startBehind(folder: string, port: number, ledger: Ledger): Promise<Child> {
  const config = JSON.parse(await readFile(join(folder, 'config.yml'), 'utf8')) as RegistryConfig;
  const file = join(folder, 'behind.yml');
  await writeFile(file, JSON.stringify({ ...config, http: { addr: `127.0.0.1:${port}` } }));
  const behind = new Child('Registry behind the front', '/usr/bin/docker-registry', ['serve', file], {
    ledger,
  });
  await behind.until(() => answers(port));
  return behind;
}
