import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Certificate } from '../domain/certificate.js';
import { CertificateError } from '../domain/certificate-error.js';
import type { CertificateFile, OwnCertificates, OwnProblem } from '../ports.js';
import { fileId } from './file-id.js';
import { readPem } from './read-pem.js';

/** No chain is as long; a wrong path may lead to anything. */
const MOST_BYTES = 262_144;

interface Known {
  readonly digest: string;
  readonly certificate?: Certificate;
  readonly problem?: CertificateError;
}

/**
 * Certificates in files, read anew at each call. A file that has become bad leaves the certificate that it had, also where
 * an earlier process read that.
 */
export class CertificateFiles implements OwnCertificates {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly files: readonly CertificateFile[],
    /** What was served under an id last, in PEM. */
    private readonly kept: (id: string) => Promise<string | undefined>,
  ) {}

  async read(nowMs: number): Promise<{
    readonly certificates: readonly Certificate[];
    readonly problems: readonly OwnProblem[];
  }> {
    for (const file of this.files) await this.readOne(file, nowMs);
    const all = this.files.map((file) => ({ file: nameOf(file), known: this.known.get(nameOf(file)) }));
    return {
      certificates: all.flatMap(({ known }) => known?.certificate ?? []),
      problems: all.flatMap(({ file, known }) =>
        known?.problem === undefined
          ? []
          : [{ file, error: known.problem, isServed: known.certificate !== undefined }],
      ),
    };
  }

  private async readOne(file: CertificateFile, nowMs: number): Promise<void> {
    const name = nameOf(file);
    const before = this.known.get(name);
    try {
      const text = (await Promise.all(pathsOf(file).map(textOf))).join('\n');
      const digest = createHash('sha256').update(text).digest('hex');
      // A good file is read once; one that is not valid yet becomes so by itself.
      if (before?.digest === digest && before.problem === undefined) return;
      const certificate = { ...readPem(text, nowMs), id: fileId('file', name), source: 'file' as const };
      this.known.set(name, { digest, certificate });
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      const said = new CertificateError(error.code, `${name}: ${error.message}`, { cause: error });
      const certificate = before === undefined ? await this.fromBefore(name, nowMs) : before.certificate;
      this.known.set(name, { digest: '', certificate, problem: said });
    }
  }

  private async fromBefore(name: string, nowMs: number): Promise<Certificate | undefined> {
    const id = fileId('file', name);
    const pem = await this.kept(id);
    try {
      return pem === undefined ? undefined : { ...readPem(pem, nowMs), id, source: 'file' };
    } catch {
      // What is wrong with the file itself is told.
      return undefined;
    }
  }
}

const pathsOf = ({ chain, key }: CertificateFile): readonly string[] =>
  key === undefined ? [chain] : [chain, key];
const nameOf = (file: CertificateFile): string => pathsOf(file).join(':');

async function textOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CertificateError(
      'CERTIFICATE_UNREADABLE',
      `${path} cannot be read (${cause.code ?? 'no reason'})`,
      {
        cause,
      },
    );
  });
  if (text.length <= MOST_BYTES) return text;
  throw new CertificateError('CERTIFICATE_UNREADABLE', `${path} has more than ${MOST_BYTES} bytes`);
}
