/** A text that is not JSON. It says where, and never repeats what stands there: that may be a secret. */
export class JsonError extends SyntaxError {
  readonly code = 'JSON_INVALID';

  constructor(
    readonly line: number,
    readonly column: number,
    what = 'not valid JSON',
  ) {
    super(`${what} at line ${line}, column ${column}`);
    this.name = 'JsonError';
  }

  static at(text: string, offset: number, what?: string): JsonError {
    const before = text.slice(0, offset).split('\n');
    return new JsonError(before.length, (before.at(-1)?.length ?? 0) + 1, what);
  }
}

/** JSON.parse, whose own error quotes the text. Throws JsonError. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw JsonError.at(text, firstFault(text));
  }
}

const STRING = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const SCALAR = String.raw`(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])`;
const TOKEN = new RegExp(`([{}[\\],:])|(${STRING})|(${SCALAR})`, 'y');
const BLANK = /[ \t\n\r]*/y;

/** What may come next; `first` ones also take the end of an empty object or array. */
type Next = 'value' | 'firstValue' | 'key' | 'firstKey' | 'colon' | 'commaOrEnd';

/** The offset of the first token that JSON (RFC 8259) does not allow there; the text's end when something is missing. */
function firstFault(text: string): number {
  const open: ('{' | '[')[] = [];
  let next: Next = 'value';
  for (let offset = blanksEnd(text, 0); offset < text.length; offset = blanksEnd(text, TOKEN.lastIndex)) {
    TOKEN.lastIndex = offset;
    const [token, mark, string] = TOKEN.exec(text) ?? [];
    const kind = token === undefined ? 'unknown' : (mark ?? (string === undefined ? 'scalar' : 'string'));
    const after = afterToken(next, kind, open);
    if (after === undefined) return offset;
    next = after;
  }
  return text.length;
}

function blanksEnd(text: string, offset: number): number {
  BLANK.lastIndex = offset;
  return offset + (BLANK.exec(text)?.[0].length ?? 0);
}

/** Undefined where the token must not stand. Opens and closes on `open`. */
function afterToken(next: Next, kind: string, open: ('{' | '[')[]): Next | undefined {
  switch (next) {
    case 'colon':
      return kind === ':' ? 'value' : undefined;
    case 'commaOrEnd':
      if (kind === ',' && open.length > 0) return open.at(-1) === '{' ? 'key' : 'value';
      return closed(kind, open);
    case 'key':
    case 'firstKey':
      if (kind === 'string') return 'colon';
      return next === 'firstKey' && kind === '}' ? closed(kind, open) : undefined;
    case 'value':
    case 'firstValue':
      if (kind === 'string' || kind === 'scalar') return 'commaOrEnd';
      if (kind === '{' || kind === '[') {
        open.push(kind);
        return kind === '{' ? 'firstKey' : 'firstValue';
      }
      return next === 'firstValue' && kind === ']' ? closed(kind, open) : undefined;
  }
}

function closed(kind: string, open: ('{' | '[')[]): Next | undefined {
  const ends = open.at(-1) === '{' ? '}' : ']';
  if (open.length === 0 || kind !== ends) return undefined;
  open.pop();
  return 'commaOrEnd';
}
