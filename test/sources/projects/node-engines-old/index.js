require('http').createServer((q, a) => a.end('old')).listen(process.env.PORT);
