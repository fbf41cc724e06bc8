exports.half = (number) => number / 2;
