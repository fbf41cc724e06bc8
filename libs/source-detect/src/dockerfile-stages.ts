/** The stages of a Dockerfile in their order, by their names in small letters; undefined for one without a name. */
export function stagesOf(dockerfile: string): readonly (string | undefined)[] {
  return linesOf(dockerfile).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0]?.toLowerCase() !== 'from') return [];
    const as = words.findIndex((word) => word.toLowerCase() === 'as');
    return [as === -1 ? undefined : words[as + 1]?.toLowerCase()];
  });
}

/** Whether a name is that of a stage, whatever its capitals, or its number. */
export const isStage = (stages: readonly (string | undefined)[], name: string): boolean =>
  stages.includes(name.toLowerCase()) || (/^\d+$/.test(name) && Number(name) < stages.length);

/** The images that a Dockerfile is built on or copies from, where it names them without a variable. */
export function basesOf(dockerfile: string): readonly string[] {
  const stages = stagesOf(dockerfile);
  const named = linesOf(dockerfile).flatMap((line) => imagesIn(line.trim().split(/\s+/)));
  return [...new Set(named)].filter((image) => !image.includes('$') && !isStage(stages, image));
}

/** `FROM image`, `COPY --from=image`, `RUN --mount=type=bind,from=image`. */
function imagesIn([instruction = '', ...words]: readonly string[]): readonly string[] {
  const options = words.filter((word) => word.startsWith('--'));
  const values = (pattern: RegExp): readonly string[] =>
    options.flatMap((option) => pattern.exec(option)?.[1] ?? []);
  switch (instruction.toLowerCase()) {
    case 'from':
      return words.filter((word) => !word.startsWith('--')).slice(0, 1);
    case 'copy':
      return values(/^--from=(.+)$/);
    case 'run':
      return values(/^--mount=(?:[^,]*,)*from=([^,]+)/);
    default:
      return [];
  }
}

/** The build arguments that a Dockerfile declares. */
export function declaredArgs(dockerfile: string): ReadonlySet<string> {
  const declared = linesOf(dockerfile).flatMap((line) => {
    const [instruction = '', ...words] = line.trim().split(/\s+/);
    return instruction.toLowerCase() === 'arg' ? words.map((word) => word.replace(/=.*$/s, '')) : [];
  });
  return new Set(declared);
}

/** The secrets that steps of a Dockerfile mount, by their ids. */
export function mountedSecrets(dockerfile: string): readonly string[] {
  return linesOf(dockerfile).flatMap((line) => {
    const [instruction = '', ...words] = line.trim().split(/\s+/);
    if (instruction.toLowerCase() !== 'run') return [];
    return words.flatMap((word) => secretOf(word) ?? []);
  });
}

/** Of `--mount=type=secret,id=TOKEN`. Without an id, BuildKit takes the name of the file that is mounted. */
function secretOf(word: string): string | undefined {
  const [, options] = /^--mount=(.*)$/.exec(word.replaceAll(/["']/g, '')) ?? [];
  if (options === undefined) return undefined;
  const pairs = options.split(',').map((option) => option.split('=') as [string, string?]);
  const byName = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  if (byName.get('type') !== 'secret') return undefined;
  const file = ['target', 'dst', 'destination'].map((name) => byName.get(name)).find((path) => path);
  return byName.get('id') ?? byName.get('source') ?? byName.get('src') ?? file?.split('/').at(-1);
}

/** Without comments, and with what was continued on the next line in one. */
export function linesOf(dockerfile: string): readonly string[] {
  const escape = /^#\s*escape\s*=\s*`/im.test(dockerfile) ? '`' : '\\';
  const lines: string[] = [];
  let continued = false;
  for (const line of dockerfile.split(/\r?\n/)) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const text = line.trim();
    const part = text.endsWith(escape) ? text.slice(0, -1) : text;
    if (continued) lines.push(`${lines.pop() ?? ''} ${part}`);
    else lines.push(part);
    continued = text.endsWith(escape);
  }
  return lines;
}
