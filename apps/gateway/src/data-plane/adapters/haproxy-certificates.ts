import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import {
  type CarriedCertificate,
  certificateOperations,
  type Secured,
  securedBy,
  securingNothing,
} from '../domain/certificates.js';
import { filesIn } from './haproxy-settings.js';
import { exchange, hasRoomFor } from './certificate-commands.js';
import type { RuntimeApi } from './runtime-api.js';

const ENDING = '.pem';
const digestOf = (pem: string): string => createHash('sha256').update(pem).digest('hex');

/**
 * The certificates of HAProxy: in its folder, for its starts and reloads, and while it runs. A folder that an earlier
 * process left is served until it is said what to serve.
 */
export class HaproxyCertificates {
  private readonly files: ReturnType<typeof filesIn>;
  private wanted: readonly CarriedCertificate[] | undefined;
  private secured: Secured = securingNothing;
  /** Those of `wanted` that HAProxy has; each call of `want` gives other ones. */
  private taken: readonly CarriedCertificate[] | undefined;
  /** What the folder says, and so what HAProxy has after its next start. */
  private kept: Secured = securingNothing;

  constructor(folder: string) {
    this.files = filesIn(folder);
  }

  /** Reads what the folder has from before. */
  async restore(): Promise<void> {
    const { certificates, redirects } = this.files;
    await mkdir(certificates, { recursive: true, mode: 0o700 });
    const names = (await readdir(certificates)).filter((name) => name.endsWith(ENDING));
    const digests = await Promise.all(
      names.map(async (name) => {
        const pem = await readFile(`${certificates}/${name}`, 'utf8');
        return [name.slice(0, -ENDING.length), digestOf(pem)] as const;
      }),
    );
    const hosts = (await readFile(redirects, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    this.kept = {
      digests: new Map(digests),
      redirected: new Set(hosts.map((line) => line.split(' ')[0] ?? '')),
    };
    // A process that was killed between two writes may have left files that the list does not name, or the reverse.
    await this.writeLists(this.kept);
  }

  /** Of a certificate that the folder has. */
  async read(id: string): Promise<string | undefined> {
    return this.kept.digests.has(id) ? readFile(this.pathOf(id), 'utf8') : undefined;
  }

  /** Gives what makes those before wanted again, if there are any: HAProxy must not be stuck with some that it refuses. */
  want(certificates: readonly CarriedCertificate[]): (() => void) | undefined {
    const before = this.wanted;
    this.wanted = certificates;
    return before && (() => void (this.wanted = before));
  }

  /** Brings the folder to what is wanted. */
  async write(): Promise<void> {
    const { wanted, kept } = this;
    if (wanted === undefined) return;
    const after = securedBy(wanted, digestOf);
    for (const { id, pem } of wanted)
      if (kept.digests.get(id) !== after.digests.get(id)) await replaceFile(this.pathOf(id), pem);
    await this.writeLists(after);
    this.kept = after;
    for (const id of kept.digests.keys())
      if (!after.digests.has(id)) await rm(this.pathOf(id), { force: true });
  }

  /** HAProxy runs with the folder as it is. */
  started(): void {
    this.secured = this.kept;
    this.taken = this.wanted;
  }

  /** Brings a HAProxy that runs to what is wanted; false where only a reload can. Throws HAPROXY_REFUSED. */
  async change(api: RuntimeApi): Promise<boolean> {
    const { wanted, secured } = this;
    if (wanted === undefined || wanted === this.taken) return true;
    const after = securedBy(wanted, digestOf);
    const operations = certificateOperations(secured, after);
    await this.write();
    const pems = new Map(wanted.map(({ id, pem }) => [id, pem]));
    if (operations.some((one) => 'id' in one && !hasRoomFor(pems.get(one.id) ?? ''))) return false;
    await exchange(api, operations, {
      ...{ list: this.files.certificateList, redirects: this.files.redirects },
      pathOf: (id) => this.pathOf(id),
      pemOf: (id) => pems.get(id) ?? '',
    });
    this.secured = after;
    this.taken = wanted;
    return true;
  }

  private async writeLists(secured: Secured): Promise<void> {
    const { certificateList, redirects } = this.files;
    await replaceFile(certificateList, this.listOf(secured));
    await replaceFile(redirects, [...secured.redirected].map((host) => `${host} 1\n`).join(''));
  }

  private listOf({ digests }: Secured): string {
    return [...digests.keys()].map((id) => `${this.pathOf(id)}\n`).join('');
  }

  private pathOf(id: string): string {
    return `${this.files.certificates}/${id}${ENDING}`;
  }
}

/** Whoever reads meanwhile finds the whole of one or the other. */
async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text, { mode: 0o600 });
  await rename(`${path}.next`, path);
}
