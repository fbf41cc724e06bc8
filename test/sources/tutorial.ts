import { readFileSync } from 'node:fs';

/** A block of commands of a tutorial. */
export interface TutorialBlock {
  /** The heading above it. */
  readonly heading: string;
  /** The kind of app that it is for, as the line above it says: `Flask:`, `In Express:`; undefined where it is for any. */
  readonly only?: string;
  /** As it stands on the page. */
  readonly commands: string;
}

const FENCE = /^```sh\n([^]*?)^```$/gm;

/** The blocks of shell commands on a page, in their order. */
export function tutorialBlocks(page: string): readonly TutorialBlock[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(FENCE)].map(({ 1: commands = '', index }) => {
    const before = text.slice(0, index);
    const heading = [...before.matchAll(/^#+ (.+)$/gm)].at(-1)?.[1] ?? '';
    const only = /(?:^|\. )(?:In )?(\w+):$/.exec(before.trimEnd().split('\n').at(-1) ?? '')?.[1];
    return { heading, commands, ...(only !== undefined && { only }) };
  });
}
