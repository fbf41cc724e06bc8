import { linesOf } from './dockerfile-stages.js';

interface Stage {
  readonly name?: string;
  readonly own: string[];
  /** Of the stages that it is built on. */
  readonly inherited: readonly string[];
}

const portsOf = ({ own, inherited }: Stage): readonly string[] => [...own, ...inherited];

/**
 * What the image of a stage exposes, its own ports first: `8080`, `8080/tcp`. A variable has the value that ENV or ARG
 * gave it; one without a value stands as it was written.
 * @param target the name or the number of the stage; the last one where it is left out
 */
export function exposedPorts(dockerfile: string, target?: string): readonly string[] {
  const values = new Map<string, string>();
  const stages: Stage[] = [{ own: [], inherited: [] }];
  for (const line of linesOf(dockerfile)) {
    const [instruction = '', ...words] = line.trim().split(/\s+/);
    switch (instruction.toLowerCase()) {
      case 'from':
        stages.push(stageOf(words, stages));
        break;
      case 'env':
      case 'arg':
        for (const [, name = '', value = ''] of words.join(' ').matchAll(/(\w+)[= ]["']?([^\s"']+)/g))
          values.set(name, value);
        break;
      case 'expose':
        stages.at(-1)?.own.push(...words.map((word) => withValues(word, values)));
    }
  }
  const stage = target === undefined ? stages.at(-1) : (named(stages, target) ?? stages[Number(target) + 1]);
  return stage === undefined ? [] : portsOf(stage);
}

const named = (stages: readonly Stage[], name: string): Stage | undefined =>
  stages.findLast((stage) => stage.name === name.toLowerCase());

function stageOf(words: readonly string[], before: readonly Stage[]): Stage {
  const [image = '', , name] = words.filter((word) => !word.startsWith('--'));
  const base = named(before, image);
  return { name: name?.toLowerCase(), own: [], inherited: base === undefined ? [] : portsOf(base) };
}

/** `$PORT`, `${PORT}`, `${PORT:-3000}`. */
const withValues = (word: string, values: ReadonlyMap<string, string>): string =>
  word.replace(
    /\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})/g,
    (written: string, plain?: string, braced?: string, otherwise?: string) =>
      values.get(plain ?? braced ?? '') ?? otherwise ?? written,
  );
