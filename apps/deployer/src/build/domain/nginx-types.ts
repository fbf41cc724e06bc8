/** What nginx's own list lacks in one of its versions; a site with the wrong type is blocked by browsers. */
export const TYPES: Readonly<Record<string, string>> = {
  'application/geo+json': 'geojson',
  'application/gzip': 'gz tgz',
  'application/json': 'map',
  'application/javascript': 'mjs cjs',
  'application/ld+json': 'jsonld',
  'application/manifest+json': 'webmanifest',
  'application/toml': 'toml',
  'application/vnd.apple.installer+xml': 'mpkg',
  'application/yaml': 'yaml yml',
  'audio/flac': 'flac',
  'audio/wav': 'wav',
  'audio/webm': 'weba',
  'audio/opus': 'opus',
  'font/collection': 'ttc',
  'font/otf': 'otf',
  'font/ttf': 'ttf',
  'image/apng': 'apng',
  'image/heic': 'heic',
  'image/jxl': 'jxl',
  'model/gltf+json': 'gltf',
  'model/gltf-binary': 'glb',
  'text/calendar': 'ics',
  'text/csv': 'csv',
  'text/markdown': 'md markdown',
  'text/vtt': 'vtt',
  'text/xsl': 'xsl xslt',
  'video/ogg': 'ogv',
};

/** Texts, whose characters have to be named; JSON is UTF-8 by its definition. */
export const TEXTS = [
  ...['text/css', 'text/plain', 'text/xml', 'text/markdown', 'text/csv', 'text/calendar', 'text/vtt'],
  ...['text/javascript', 'application/javascript', 'application/xml', 'image/svg+xml'],
  ...['application/rss+xml', 'application/atom+xml'],
];

/** What becomes much smaller; pictures, films and woff2 are compressed already. */
export const COMPRESSIBLE = [
  ...TEXTS,
  ...['application/json', 'application/ld+json', 'application/geo+json', 'application/manifest+json'],
  ...['application/wasm', 'application/yaml', 'font/ttf', 'font/otf', 'image/x-icon', 'model/gltf+json'],
];

/** A page never ends so: where such a file is missing, an application's page in its place would only confuse. */
export const ASSETS = [
  ...[
    'js',
    'mjs',
    'cjs',
    'css',
    'map',
    'json',
    'wasm',
    'webmanifest',
    'xml',
    'txt',
    'pdf',
    'zip',
    'gz',
    'br',
  ],
  ...['png', 'jpe?g', 'gif', 'svg', 'ico', 'webp', 'avif', 'apng', 'jxl', 'bmp'],
  ...['woff2?', 'ttf', 'otf', 'eot', 'mp[34]', 'webm', 'ogg', 'ogv', 'opus', 'wav', 'flac', 'm4[av]', 'vtt'],
];
