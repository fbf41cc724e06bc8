import { createHash } from 'node:crypto';
import { LAYER_NAME_LENGTH } from '#libs/contracts';

/** So many hexadecimal digits hold the bits of a name. */
const DIGITS = 2 * Math.ceil((LAYER_NAME_LENGTH * 6) / 8);

/**
 * Short names of an image's layers, from the lowest to the highest: the beginning of their chain ids (OCI image
 * specification, config, "Layer ChainID"). A chain id stands for a layer with all below it, as engines share them.
 * @param diffIds digests of the unpacked layers, `sha256:...`, as an image's config and its engine give them
 */
export function layerNames(diffIds: readonly string[]): readonly string[] {
  let chainId: string | undefined;
  return diffIds.map((diffId) => {
    chainId = chainId === undefined ? diffId : `sha256:${hash(`${chainId} ${diffId}`)}`;
    const digits = chainId.slice(chainId.indexOf(':') + 1).slice(0, DIGITS);
    return Buffer.from(digits, 'hex').toString('base64url').slice(0, LAYER_NAME_LENGTH);
  });
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
