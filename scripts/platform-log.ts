const SHOWN = 15;
/** Without a warning or an error, a few lines show at least what was done last. */
const SHOWN_OF_OTHERS = 5;
const GRAVE = new Set(['warn', 'error', 'fatal']);

interface LogLine {
  readonly level?: string;
  readonly time?: string;
  readonly app?: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

/** The end of a platform's log for a reader at a terminal: its last warnings, errors and lines that are not JSON. */
export function lastOfLog(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const grave = lines.filter((line) => GRAVE.has(parsed(line)?.level ?? 'fatal'));
  return grave.length > 0 ? grave.slice(-SHOWN).map(shown) : lines.slice(-SHOWN_OF_OTHERS).map(shown);
}

function shown(line: string): string {
  const entry = parsed(line);
  if (entry === undefined) return line;
  const { time = '', level = '', app = '', msg = '', err } = entry;
  const cause = err?.message === undefined || err.message === msg ? '' : `: ${err.message}`;
  return `${time} ${level} ${app}: ${msg}${cause}`;
}

/** Undefined for what a program wrote as plain text. */
function parsed(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
