import { slipwayName, writtenServiceNameSchema } from '#libs/contracts';

/**
 * What a service is called after its folder: as the folder where that can be a name, else in small letters with a hyphen
 * for all that no name has. Undefined where nothing is left of it.
 */
export function nameOfFolder(folder: string): string | undefined {
  if (isName(folder)) return folder;
  const plain = folder.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const name = plain.replaceAll(/[^a-z0-9_-]+/g, '-').replaceAll(/^[-_]+|[-_]+$/g, '');
  return isName(name) ? name : undefined;
}

const isName = (text: string): boolean => writtenServiceNameSchema.safeParse(text).success;

/** Says that a service has another name than its folder. */
export const deployedAs = (folder: string, name: string): string =>
  `${folder} is deployed as ${slipwayName(name)}`;
