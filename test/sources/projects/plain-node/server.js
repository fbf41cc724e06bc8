const { createServer } = require('node:http');

const port = process.env.PORT || 3000;
createServer((request, response) => response.end(`You asked for ${request.url}\n`)).listen(port, () =>
  console.log(`Listening on ${port}`),
);
