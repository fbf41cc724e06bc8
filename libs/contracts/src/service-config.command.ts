import { z } from 'zod';
import { commandWords, SHELL_ARRAY, shellProblem } from './command-words.js';
import { storableText } from './names.js';

/** Where Linux runs on: words, one argument each. A text is split as a shell splits words; no shell ever reads it. */
export const commandSchema = z.union([
  storableText()
    .trim()
    .min(1)
    .transform((text, context) => {
      const split = commandWords(text);
      if ('words' in split) return split.words;
      context.addIssue({ code: 'custom', message: shellProblem(split.refusal, SHELL_ARRAY) });
      return z.NEVER;
    }),
  z.array(storableText().min(1)).min(1),
]);
