import type { ProgressMessage } from './json-lines.js';

const SAID = /\bdigest: (sha256:[0-9a-f]{64})\b/;

/**
 * The digest that a message of a push tells. An engine with its own image store sends it as data; with the store of
 * containerd it may only write it into the status, and where it has one platform of an image for several it pushes the
 * manifest of that one, whose digest is another than the image's.
 */
export function pushedDigest({ aux, status = '' }: ProgressMessage): string | undefined {
  return textAt(aux, 'selectedManifest', 'digest') ?? textAt(aux, 'Digest') ?? SAID.exec(status)?.[1];
}

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
  return typeof found === 'string' ? found : undefined;
}
