// Starts the app of the image. Compose passes a variable that is not set as an empty one. The apps take that for none, but
// libraries that read the environment themselves would take it for a value: an empty AZURE_AUTHORITY_HOST is no address.
for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];
await import('../main.js');
