const express = require('express');

const app = express();
const books = ['The Left Hand of Darkness', 'Kindred'];

app.get('/', (request, response) => response.json({ books, mode: process.env.NODE_ENV }));
app.listen(process.env.PORT || 3000);
