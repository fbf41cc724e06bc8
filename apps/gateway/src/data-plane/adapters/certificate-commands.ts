import { DataPlaneError } from '../domain/data-plane-error.js';
import type { CertificateOperation } from '../domain/certificates.js';
import type { RuntimeApi } from './runtime-api.js';

/** HAProxy takes a command of 16 KiB (`tune.bufsize`), with what belongs to it. */
const MOST_BYTES = 15_000;

export const hasRoomFor = (pem: string): boolean => Buffer.byteLength(pem) <= MOST_BYTES;

interface Places {
  readonly list: string;
  readonly redirects: string;
  pathOf(id: string): string;
  pemOf(id: string): string;
}

/** A command, what it is called where it is refused, and what its answer must be. */
interface Command {
  readonly text: string;
  readonly name: string;
  readonly expected: RegExp;
}

/**
 * Carries the operations out, one command after the other: each one makes no sense where the one before was refused.
 * Throws DataPlaneError HAPROXY_REFUSED; no private key is in its message.
 */
export async function exchange(
  api: RuntimeApi,
  operations: readonly CertificateOperation[],
  places: Places,
): Promise<void> {
  for (const { text, name, expected } of operations.flatMap((one) => commandsOf(one, places))) {
    const answer = await api.ask(text);
    if (!expected.test(answer))
      throw new DataPlaneError('HAPROXY_REFUSED', `HAProxy refused "${name}": ${answer}`);
  }
}

function commandsOf(operation: CertificateOperation, places: Places): readonly Command[] {
  switch (operation.kind) {
    case 'add-certificate': {
      const path = places.pathOf(operation.id);
      return [
        command(`new ssl cert ${path}`, /New empty certificate store/),
        ...setting(path, places.pemOf(operation.id)),
        command(`add ssl crt-list ${places.list} ${path}`, /Success!/),
      ];
    }
    case 'replace-certificate':
      return setting(places.pathOf(operation.id), places.pemOf(operation.id));
    case 'remove-certificate': {
      const path = places.pathOf(operation.id);
      return [
        command(`del ssl crt-list ${places.list} ${path}`, /deleted in crtlist/),
        command(`del ssl cert ${path}`, /deleted!/),
      ];
    }
    case 'add-redirect':
      return [command(`add map ${places.redirects} ${operation.host} 1`, /^$/)];
    case 'remove-redirect':
      return [command(`del map ${places.redirects} ${operation.host}`, /^$/)];
  }
}

const command = (text: string, expected: RegExp): Command => ({ text, name: text, expected });

/** An empty line ends what belongs to a command. */
const setting = (path: string, pem: string): readonly Command[] => [
  {
    text: `set ssl cert ${path} <<\n${pem.trimEnd()}\n`,
    name: `set ssl cert ${path}`,
    expected: /Transaction (created|updated)/,
  },
  command(`commit ssl cert ${path}`, /Success!/),
];
