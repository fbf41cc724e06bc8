#!/usr/bin/env node
console.log('Full moon on the 4th, written by a program of the workspace');
