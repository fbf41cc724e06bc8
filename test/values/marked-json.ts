import fc from 'fast-check';

type Path = readonly (string | number)[];

/** A value that nobody may read again. No schema of ours takes it where it expects a name. */
export const MARKER = 'Hunter2!secret value';

/** Every place of the document: its objects, lists and leaves. */
function placesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((one, n) => [n, one as unknown])
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, one]) => placesOf(one, [...path, key]))];
}

function put(document: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = structuredClone(document) as Record<string | number, unknown>;
  copy[key] = put(copy[key], rest, value);
  return copy;
}

const at = (document: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], document);

const marks: readonly unknown[] = [MARKER, [MARKER], { [`field`]: MARKER }, [{ token: [MARKER] }]];

/** The document with the marker in the place of any value, or as an unknown field anywhere. */
function documents(document: unknown): fc.Arbitrary<string> {
  const places = placesOf(document);
  const replaced = fc
    .tuple(fc.constantFrom(...places), fc.constantFrom(...marks))
    .map(([path, mark]) => put(document, path, mark));
  const objects = places.filter((path) => !Array.isArray(at(document, path)) && isObject(at(document, path)));
  const added = fc
    .tuple(fc.constantFrom(...objects), fc.constantFrom('token', 'apiKey', 'x-y'), fc.constantFrom(...marks))
    .map(([path, name, mark]) => put(document, [...path, name], mark));
  return fc.oneof(replaced, added).map((one) => JSON.stringify(one, null, 2));
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Texts that hold the marker, some of them broken as JSON near it or elsewhere. */
export function markedTexts(document: unknown): fc.Arbitrary<string> {
  const whole = documents(document);
  const cut = fc.tuple(whole, fc.nat()).map(([text, n]) => {
    const from = text.indexOf(MARKER) + MARKER.length;
    return text.slice(0, from + (n % (text.length - from + 1)));
  });
  const bare = whole.map((text) => text.replace(`"${MARKER}"`, MARKER));
  const broken = fc
    .tuple(whole, fc.nat(), fc.constantFrom('"', ',', '}', '\\', MARKER))
    .map(([text, n, what]) => {
      const place = n % (text.length + 1);
      return `${text.slice(0, place)}${what}${text.slice(place)}`;
    });
  return fc.oneof(whole, cut, bare, broken);
}

/** The parts of the marker that an error might quote. */
export const hasMarker = (text: string): boolean => /hunter2|secret value/i.test(text);
