import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { asyncApiDocument, configJsonSchema } from '#libs/contracts';

/** `npm run generate`: writes the documents made from the contracts; with `--check`, only tells whether they are current. */
const documents: Record<string, () => object> = {
  'docs/asyncapi.json': asyncApiDocument,
  'docs/config.schema.json': configJsonSchema,
};

const rendered = Object.entries(documents).map(
  ([file, make]) => [file, `${JSON.stringify(make(), null, 2)}\n`] as const,
);
const outdated = rendered.filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text);

if (process.argv.includes('--check')) {
  for (const [file] of outdated)
    console.error(`${file} differs from the contracts; run \`npm run generate\``);
  process.exitCode = outdated.length === 0 ? 0 : 1;
} else {
  for (const [file, text] of outdated) {
    writeFileSync(file, text);
    console.log(`${file}: written`);
  }
  if (outdated.length === 0) console.log('generate: every document is current');
}
