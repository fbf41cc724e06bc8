import type { CarriedCertificate } from '../data-plane/domain/certificates.js';
import type { TlsPlane } from '../data-plane/ports.js';
import { type Certificate, isCovered } from './domain/certificate.js';
import { certifiable, certifiablePatterns, isHostName } from './domain/host-names.js';
import type { IssuedCertificates, LocalAuthority, OwnCertificates, OwnProblem } from './ports.js';

interface ServeCertificatesParts {
  readonly plane: TlsPlane;
  readonly own: OwnCertificates;
  /** Absent where no authority is asked. */
  readonly issued?: Pick<IssuedCertificates, 'read'>;
  /** Which hosts the authority is asked for; every public one where it is empty. */
  readonly patterns: readonly string[];
  /** Absent where no certificate is made on this machine. */
  readonly local?: LocalAuthority;
  readonly nowMs: () => number;
  /** A file is seen to be bad, and seen again so. */
  readonly onProblem: (problem: OwnProblem) => void;
  readonly onServed: (certificates: readonly Certificate[]) => void;
}

/** Has HAProxy serve the certificates that there are for the hosts of the routes. */
export class ServeCertificates {
  /** Undefined until the routes are known. */
  private hosts: readonly string[] | undefined;
  /** Undefined until it was read. */
  private issued: readonly Certificate[] | undefined;
  private own: readonly Certificate[] = [];
  private served: readonly Certificate[] = [];
  private servedPems: readonly string[] | undefined;
  private problems: readonly OwnProblem[] = [];
  private said = new Set<string>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: ServeCertificatesParts) {}

  get certificates(): readonly Certificate[] {
    return this.served;
  }

  /** Files that are not as they should be. */
  get ownProblems(): readonly OwnProblem[] {
    return this.problems;
  }

  /** The hosts that the authority is to sign for. */
  get orderable(): readonly string[] {
    const { issued, patterns } = this.parts;
    if (issued === undefined) return [];
    return certifiable(this.hosts ?? [], patterns).filter((host) => !isCovered(host, this.own));
  }

  /** Patterns of routes that the authority would be asked for if they were hosts. */
  get unorderable(): readonly string[] {
    const { issued, patterns } = this.parts;
    if (issued === undefined) return [];
    return certifiablePatterns(this.hosts ?? [], patterns).filter((host) => !isCovered(host, this.own));
  }

  /** The hosts of all routes, each in lower case. */
  want(hosts: readonly string[]): void {
    this.hosts = [...new Set(hosts)].toSorted();
  }

  /** Reads files that have changed, and serves what there is. Calls wait for one another. */
  refresh(): Promise<void> {
    return this.inTurn(() => this.refreshNow());
  }

  /** Reads what the authority has signed. Throws where it cannot be read; what was read before is served on. */
  readIssued(): Promise<void> {
    return this.inTurn(async () => {
      this.issued = (await this.parts.issued?.read()) ?? [];
      await this.refreshNow();
    });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async refreshNow(): Promise<void> {
    const { plane, own, nowMs, onServed } = this.parts;
    const read = await own.read(nowMs());
    this.own = read.certificates;
    this.tell(read.problems);
    const all = await this.all();
    if (all === undefined || this.isServed(all)) return;
    await plane.serveCertificates(all.map(carried));
    this.servedPems = all.map(({ pem }) => pem);
    this.served = all;
    onServed(all);
  }

  /** Undefined while a part of them is not known yet: what an earlier process had is served on then. */
  private async all(): Promise<readonly Certificate[] | undefined> {
    const { hosts, issued, own } = this;
    const { local, nowMs } = this.parts;
    if (hosts === undefined || (issued === undefined && this.parts.issued !== undefined)) return undefined;
    const needed = (issued ?? []).filter(({ names }) => !names.every((name) => isCovered(name, own)));
    const better = [...own, ...needed];
    const rest = hosts.filter((host) => isHostName(host.replace(/^\*\./, '')) && !isCovered(host, better));
    return [...better, ...((await local?.certify(rest, nowMs())) ?? [])];
  }

  private isServed(all: readonly Certificate[]): boolean {
    const { servedPems } = this;
    return all.length === servedPems?.length && all.every(({ pem }, index) => pem === servedPems[index]);
  }

  /** A chain and its key in two files are written one after the other: so a problem is told when it is seen again. */
  private tell(problems: readonly OwnProblem[]): void {
    const before = new Set(this.problems.map(({ error }) => error.message));
    for (const problem of problems) {
      const { message } = problem.error;
      if (!before.has(message) || this.said.has(message)) continue;
      this.said.add(message);
      this.parts.onProblem(problem);
    }
    const now = new Set(problems.map(({ error }) => error.message));
    this.said = new Set([...this.said].filter((message) => now.has(message)));
    this.problems = problems;
  }
}

/** Nobody trusts what is signed on this machine, so nobody is led there. */
const carried = ({ id, pem, names, source }: Certificate): CarriedCertificate => ({
  ...{ id, pem, names, redirects: source !== 'self-signed' },
});
