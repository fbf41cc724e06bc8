/** What the tests of the pages need to know of Markdown: links, anchors and sentences. */

const FENCE = /^ *(?:```|~~~)/;

/** The lines outside of code blocks; what is in one is left as an empty line. */
function linesWithoutCode(text: string): readonly string[] {
  let inCode = false;
  return text.split('\n').map((line) => {
    const isFence = FENCE.test(line);
    if (isFence) inCode = !inCode;
    return isFence || inCode ? '' : line;
  });
}

/** As GitHub makes an anchor of a heading. */
function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** The anchors of a page; a heading that comes again gets a number. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = linesWithoutCode(text).flatMap((line) => /^#{1,6} +(.+?) *$/.exec(line)?.[1] ?? []);
  return new Set(
    headings.map((heading) => {
      const slug = slugOf(heading);
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

/** The targets of all links and images of a page, those with a scheme left out. */
export function relativeLinksOf(text: string): readonly string[] {
  const prose = linesWithoutCode(text)
    .join('\n')
    .replace(/`[^`\n]*`/g, 'code');
  const targets = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)].map(([, target]) => String(target));
  return targets.filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

/** Paragraphs and list items as one line each, without headings, tables, code blocks and comments. */
function paragraphsOf(text: string): readonly string[] {
  const lines = linesWithoutCode(text.replace(/<!--[\s\S]*?-->/g, '')).map((line) =>
    /^ *\||^#/.test(line) ? '' : line,
  );
  return lines
    .join('\n')
    .replace(/\n *(?:[-*+]|\d+\.) +/g, '\n\n')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => paragraph !== '');
}

/** The sentences of a page. Code in a sentence counts as one word. */
export function sentencesOf(text: string): readonly string[] {
  return paragraphsOf(text).flatMap((paragraph) =>
    paragraph
      .replace(/`[^`]*`/g, 'CODE')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .split(/(?<=[.!?][)*_"”]*) +(?=[\p{Lu}\p{N}*_("“])/u),
  );
}

export const wordsOf = (sentence: string): readonly string[] => sentence.match(/\S*[\p{L}\p{N}]\S*/gu) ?? [];
