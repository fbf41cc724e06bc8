/** A part of a pattern for paths. */
export type GlobPart =
  /** One character. */
  | { readonly kind: 'one'; readonly fits: (character: string) => boolean }
  /** Any number of characters: within one name, or across folders. */
  | { readonly kind: 'any'; readonly crossesFolders: boolean }
  /** Whole folders, each with its slash, or none. */
  | { readonly kind: 'folders' };

/**
 * Whether a path fits a pattern. It follows all ways at once, so its time grows with the length of both alone: a regular
 * expression with many stars would try every combination, and one hostile line would stop the whole process.
 */
export function fitsGlob(parts: readonly GlobPart[], path: string): boolean {
  const text = [...path];
  let places: readonly number[] = [0];
  for (const part of parts) {
    places = placesAfter(part, text, places);
    if (places.length === 0) return false;
  }
  return places.at(-1) === text.length;
}

/** Where in the text the part may end, for each place where it may begin; both ascending. */
function placesAfter(part: GlobPart, text: readonly string[], places: readonly number[]): readonly number[] {
  if (part.kind === 'one')
    return places.filter((place) => isFit(part, text[place])).map((place) => place + 1);
  const starts = new Set(places);
  const [first = 0] = places;
  const found: number[] = [];
  let isOpen = false;
  for (let place = first; place <= text.length; place += 1) {
    const isBehindSlash = place > first && text[place - 1] === '/';
    if (part.kind === 'any' && isBehindSlash && !part.crossesFolders) isOpen = false;
    isOpen ||= part.kind === 'any' && starts.has(place);
    if (isOpen || starts.has(place) || (part.kind === 'folders' && isBehindSlash)) found.push(place);
  }
  return found;
}

const isFit = ({ fits }: Extract<GlobPart, { kind: 'one' }>, character: string | undefined): boolean =>
  character !== undefined && fits(character);

/** One character as it is. */
export const exactly = (wanted: string): GlobPart => ({
  kind: 'one',
  fits: (character) => character === wanted,
});

/** `*`: anything within one name. */
export const WITHIN_NAME: GlobPart = { kind: 'any', crossesFolders: false };
/** `**`: anything. */
export const ANYTHING: GlobPart = { kind: 'any', crossesFolders: true };
/** `**` and a slash. */
export const FOLDERS: GlobPart = { kind: 'folders' };
