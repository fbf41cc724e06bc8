import { mismatch, refused } from '../errors.js';
import { type ExtraFields, unicodePath } from './extra-fields.js';

export const UTF8_FLAG = 0x0800;

/** The upper half of code page 437, which the format means where nothing else is said. */
const CODE_PAGE_437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function fromUtf8(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const fromCodePage = (bytes: Buffer): string =>
  Array.from(bytes, (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : CODE_PAGE_437.charAt(byte - 0x80),
  ).join('');

/** An entry's name, and the one that readers of the header alone see: both are checked. */
export interface DecodedName {
  readonly name: string;
  readonly headerName: string;
}

/**
 * UTF-8 where the entry says so, or where its bytes are: macOS writes UTF-8 and does not say it. Otherwise the Unicode
 * name beside it, or else code page 437.
 */
export function decodeName(raw: Buffer, flags: number, extra: ExtraFields): DecodedName {
  const declared = (flags & UTF8_FLAG) !== 0;
  const decoded = fromUtf8(raw);
  if (declared && decoded === undefined)
    throw refused('ARCHIVE_UNSAFE', raw.toString('latin1'), 'says it is UTF-8 and is not');
  const headerName = decoded ?? fromCodePage(raw);
  const beside = unicodePath(extra, raw);
  if (beside === undefined) return { name: headerName, headerName };
  const name = fromUtf8(beside);
  if (name === undefined) throw refused('ARCHIVE_UNSAFE', headerName, 'has a Unicode name that is not UTF-8');
  if (decoded !== undefined && decoded !== name)
    throw mismatch(`${JSON.stringify(decoded)} has the other name ${JSON.stringify(name)} beside it`);
  return { name, headerName };
}
