import { createServer } from 'node:http';
import { existsSync, readdirSync } from 'node:fs';

createServer((request, response) => {
  const inImage = ['notes/secret.md', 'notes/public.md', 'a.draft.md', 'uploads'].filter(existsSync);
  response.end(`in the image: ${inImage.join(' ')}; uploads: ${readdirSync('uploads').length}`);
}).listen(8080, '0.0.0.0');
