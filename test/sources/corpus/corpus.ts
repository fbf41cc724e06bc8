/** A small project of a public convention, as somebody brings it. */
export interface CorpusProject {
  /** Its folder below test/sources/projects, or that of an example. */
  readonly name: string;
  /** It is one of the folders below examples/. */
  readonly isExample?: true;
  /** Whose convention it follows: "the tutorial of Flask", "npm create vite, template react". */
  readonly convention: string;
  /** How it ends with its config.json. */
  readonly ends: CorpusEnd;
  /** How it ends with the config.json that `slipway init` writes, where that is not the same. */
  readonly afterInit?: CorpusEnd;
  /** Its config.json names an image in `registry.example`, which is pushed to the registry of the set-up. */
  readonly isImage?: true;
  /** One of those in `npm test`. */
  readonly isShort?: true;
}

export type CorpusEnd =
  /** It runs, and answers GET `path` with `status` (200) and a body that holds `says`; an empty one where that is empty. */
  | { readonly runs: 'answers'; readonly path: string; readonly status?: number; readonly says: string }
  /** It runs and serves no port; a line of its log holds `says`. */
  | { readonly runs: 'works'; readonly says: string }
  /** It is built, and does not become healthy: what config.json said, no file says. `says` stands in the message. */
  | { readonly fails: string; readonly says: string }
  /** It is refused before anything is built. `says` stands in the message. */
  | { readonly refused: string; readonly says: string };

/** How it ended, as the page of all projects says it. */
export function endText(end: CorpusEnd): string {
  if ('refused' in end) return `refused: ${end.refused}: ${end.says}`;
  if ('fails' in end) return `fails: ${end.fails}: ${end.says}`;
  return end.runs === 'works'
    ? `works, says “${end.says}”`
    : `answers GET ${end.path} with ${end.status ?? 200}`;
}
