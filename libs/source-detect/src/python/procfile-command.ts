const PLAIN_WORDS = /^[\w@%+=:,./ \t-]+$/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
/** Several commands, or what `exec` would read otherwise. */
const COMPOUND = /[|;&<>()`\n]|^\s*(?:cd|exec|if|for|while|export|source|\.)\s|\$\(/;

/**
 * A line of a Procfile is one of a shell. Where a shell would do nothing with it, none is started; where it only replaces
 * variables it gives its place to the program, which then gets the signals.
 */
export function procfileCommand(line: string): readonly string[] {
  const isAssigned = ASSIGNMENT.test(line);
  if (PLAIN_WORDS.test(line) && !isAssigned) return line.split(/\s+/);
  const [before, last] = lastOfChain(line);
  if (last === undefined) return ['sh', '-c', line];
  return ['sh', '-c', `${before}exec ${ASSIGNMENT.test(last) ? 'env ' : ''}${last}`];
}

/** What is quoted is no syntax; of the same length, so that places stay. */
const withoutQuoted = (line: string): string =>
  line.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, (text) => 'q'.repeat(text.length));

/** `a && b` ends in b alone where nothing else joins them. */
function lastOfChain(line: string): readonly [before: string, last: string | undefined] {
  const bare = withoutQuoted(line);
  const end = bare.lastIndexOf('&&');
  const start = end === -1 ? 0 : end + 2;
  const before = end === -1 ? '' : `${line.slice(0, end).trim()} && `;
  const isJoined = /[|;\n]|&(?!&)(?<!&&)/.test(bare.slice(0, start)) || COMPOUND.test(bare.slice(start));
  return isJoined ? [line, undefined] : [before, line.slice(start).trim()];
}
